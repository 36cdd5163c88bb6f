import PrefactorGraph
import PrefactorModelFormat

final class Importer {
  static let opsets = 7...28

  private(set) var graph = Graph()
  let opset: Int
  let files: ExternalFiles
  /// Sizes of the open dimensions, the usual ones first. No two dimensions change alike, so that none is taken for another; all are
  /// multiples of 32, because networks halve images and join them.
  let trials: [Binding]
  private var operands: [String: Operand] = [:]
  /// Outputs that no handler makes, which matters where they are used; with the node that has them.
  private var unsupportedOutputs: [String: String] = [:]

  init(_ model: Onnx_ModelProto, files: ExternalFiles, bindings: [String: Tensor]) throws {
    self.files = files
    opset = Int(model.opsetImport.first { isDefaultDomain($0.domain) }?.version ?? 1)
    guard Importer.opsets.contains(opset) else {
      throw ONNXError("opset \(opset) is not supported: \(Importer.opsets.lowerBound) to \(Importer.opsets.upperBound) are")
    }
    let initializers = Set(model.graph.initializer.map(\.name))
    let inputs = try model.graph.input.filter { !initializers.contains($0.name) }.map { try NetworkInput($0, given: bindings[$0.name], in: model.graph) }
    trials = inputs.contains { $0.dims.contains(nil) }
      ? [Binding(), Binding(batch: 3, height: 448, width: 320), Binding(batch: 2, height: 320, width: 640)]
      : [Binding()]

    for initializer in model.graph.initializer { try define(initializer.name, Operand(initializer.decoded(files), trials: trials.count)) }
    for input in inputs { try define(input.name, operand(for: input)) }
    for node in model.graph.node { try add(node) }
    for output in model.graph.output { try addOutput(output.name) }
    removeStaticInputs()
    graph.removeUnused()
    graph.metadata = metadata(of: model) + inputs.compactMap(\.typeRecord)
  }

  private func define(_ name: String, _ operand: Operand) throws {
    guard operands.updateValue(operand, forKey: name) == nil else { throw ONNXError("'\(name)' is defined twice") }
  }

  private func metadata(of model: Onnx_ModelProto) -> [(key: String, value: String)] {
    let own = [
      ("onnx.producer", model.producerName), ("onnx.producer_version", model.producerVersion), ("onnx.opset", "\(opset)"),
      ("onnx.graph", model.graph.name),
    ]
    return own.filter { !$0.1.isEmpty } + model.metadataProps.filter { !$0.key.hasPrefix("onnx.") }.map { ($0.key, $0.value) }
  }
}

func isDefaultDomain(_ domain: String) -> Bool { domain.isEmpty || domain == "ai.onnx" }

// MARK: Inputs and outputs

extension Importer {
  private func operand(for input: NetworkInput) throws -> Operand {
    guard let type = input.runtimeType else {
      guard let given = input.given else {
        throw ONNXError("input '\(input.name)': elements of type \(DataType.name(input.type)) are not supported")
      }
      return Operand(given, trials: trials.count)
    }
    let value = graph.addInput(name: input.name, type: type, dims: input.dims)
    let declared = graph.inputs[graph.inputs.count - 1]
    let shapes = trials.map { graph.shape(of: declared, $0) }
    for shape in shapes { _ = try elementCount(shape.dims) }
    return Operand(shapes: shapes, elements: input.given.map { [$0] }, value: value, isNetworkInput: true)
  }

  /// Drops the inputs of which only the value that was given for them is used.
  private func removeStaticInputs() {
    let used = graph.useCounts
    let dropped = Set(operands.values.filter { $0.isNetworkInput && $0.isStatic }.compactMap(\.value).filter { used[$0] == nil })
    graph.inputs.removeAll { dropped.contains($0.value) }
  }

  /// An output has a name and a node of its own, even where ONNX's is a constant, an input or another output.
  private func addOutput(_ name: String) throws {
    do {
      let operand = try operand(named: name)
      var value = try self.value(of: operand)
      if graph.constants[value] != nil || graph.inputs.contains(where: { $0.value == value }) || graph.outputs.contains(value) {
        value = try self.value(of: append(.reshape(.unchanged(rank: operand.rank)), [operand], name: name))
      }
      graph.outputs.append(value)
      graph.names[value] = name
    } catch let error as ONNXError {
      throw ONNXError("output '\(name)': \(error)")
    }
  }
}

// MARK: Nodes

extension Importer {
  private func add(_ proto: Onnx_NodeProto) throws {
    let node = NodeImport(proto, importer: self)
    do {
      guard isDefaultDomain(proto.domain), let handler = operatorHandlers[proto.opType] else {
        throw ONNXError(isDefaultDomain(proto.domain) ? "the operator is not supported" : "operators of '\(proto.domain)' are not supported")
      }
      node.inputs = try proto.input.map { $0.isEmpty ? nil : try operand(named: $0) }
      let before = graph.nodes.count
      let outputs = try handler.outputs(node)
      markFactored(before..<graph.nodes.count, by: proto)
      try node.checkAttributes()
      for (index, name) in proto.output.enumerated() where !name.isEmpty {
        if index < outputs.count { try define(name, outputs[index]) } else { unsupportedOutputs[name] = "'\(node.name)' (\(proto.opType))" }
      }
    } catch let error as ONNXError {
      throw ONNXError("node '\(node.name)' (\(proto.opType)): \(error)")
    }
  }

  private func operand(named name: String) throws -> Operand {
    if let operand = operands[name] { return operand }
    if let node = unsupportedOutputs[name] { throw ONNXError("'\(name)' is an output of node \(node) that is not supported") }
    throw ONNXError("'\(name)' is not computed by any node before")
  }

  /// The operand in the graph; known elements become a constant of it.
  func value(of operand: Operand) throws -> Value {
    if let value = operand.value { return value }
    guard let constant = operand.constant else {
      throw ONNXError("a tensor is computed from the size of the network's inputs, which is not supported here")
    }
    let value = graph.addConstant(constant)
    operand.value = value
    return value
  }

  /// Appends an operation to the graph.
  func append(_ operation: Operation, _ inputs: [Operand?], name: String) throws -> Operand {
    do {
      let shapes = try trials.indices.map { trial in try operation.outputShape(inputs.map { $0?.shapes[trial] }) }
      let values = try inputs.map { try $0.map(value(of:)) }
      return Operand(shapes: shapes, value: graph.addNode(operation, values, name: name))
    } catch let failure as Failure {
      throw ONNXError(failure.message)
    }
  }

  /// Appends a convolution or fully-connected layer.
  func appendLayer(_ operation: Operation, _ inputs: [Operand?], of node: NodeImport) throws -> Operand {
    let output = try append(operation, inputs, name: node.name)
    let shapes = inputs.map { $0?.shapes[0] }
    let layer = Layer(
      name: node.name, macsBefore: operation.multiplyAdds(shapes, output: output.shapes[0]),
      bytesBefore: shapes.dropFirst().reduce(0) { $0 + ($1?.bytes ?? 0) })
    graph.nodes[graph.nodes.count - 1].layer = index(of: layer, recorded: LayerRecord(node.proto.metadataProps)?.layer)
    return output
  }

  /// Nodes that move a factored layer's channels, or join parts of it, are its nodes too.
  private func markFactored(_ nodes: Range<Int>, by proto: Onnx_NodeProto) {
    guard let recorded = LayerRecord(proto.metadataProps)?.layer else { return }
    for index in nodes where graph.nodes[index].layer == nil {
      if case .transpose = graph.nodes[index].operation { continue }
      graph.nodes[index].layer = self.index(of: recorded, recorded: recorded)
    }
  }

  /// A factored layer is several nodes with the same record.
  private func index(of layer: Layer, recorded: Layer?) -> Int {
    if let recorded, let index = graph.layers.firstIndex(of: recorded) { return index }
    graph.layers.append(recorded ?? layer)
    return graph.layers.count - 1
  }
}
