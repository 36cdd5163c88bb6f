import PrefactorGraph
import PrefactorModelFormat

final class Importer {
  static let opsets = 7...28

  var graph = Graph()
  let opset: Int
  let files: ExternalFiles
  private let inputs: [NetworkInput]
  private var operands: [String: Operand] = [:]
  /// Outputs that no handler makes, which matters where they are used; with the node that has them.
  private var unsupportedOutputs: [String: String] = [:]
  /// Dimensions that an operation would not have if they were below 1.
  private var positiveSizes: Set<Size> = []
  /// The nodes of layers whose costs are not counted yet.
  var uncountedLayers: [(layer: Int, node: Node)] = []
  /// What operations come to that follow from constants alone and yet stay in the graph.
  var knownValues: [Value: Tensor] = [:]
  /// Elements and work of all operations that were appended.
  private(set) var appended = (elements: 0, work: 0)

  init(_ model: Onnx_ModelProto, files: ExternalFiles, bindings: [String: Tensor], shapes: [String: [Int?]]) throws {
    self.files = files
    guard model.hasGraph else { throw ONNXError("holds no network") }
    opset = Int(model.opsetImport.first { isDefaultDomain($0.domain) }?.version ?? 1)
    let initializers = Set(model.graph.initializer.map(\.name))
    let declarations = model.graph.input.filter { !initializers.contains($0.name) }
    let readers = Readers(model.graph)
    inputs = try declarations.map { try NetworkInput($0, given: bindings[$0.name], shape: shapes[$0.name], readers) }
    guard Importer.opsets.contains(opset) else {
      throw ONNXError(
        "opset \(opset) is not supported: \(Importer.opsets.lowerBound) to \(Importer.opsets.upperBound) are")
    }
    if let unknown = shapes.keys.sorted().first(where: { name in !inputs.contains { $0.name == name } }) {
      throw ONNXError(
        """
        a shape is given for '\(unknown)', which is no input; the inputs are \
        \(inputs.map(\.description).joined(separator: ", "))
        """
      )
    }

    for initializer in model.graph.initializer { try define(initializer.name, Operand(initializer.decoded(files))) }
    // A size that a vector shares with another input is what it is there.
    let amongVectors = inputs.allSatisfy { $0.isVector || $0.given != nil }
    var dimensions: [String: [InputDimension]] = [:]
    for input in inputs.filter({ !$0.isVector }) + inputs.filter(\.isVector) where input.runtimeType != nil {
      dimensions[input.name] = self.dimensions(of: input, readers, amongVectors: amongVectors)
    }
    for input in inputs { try define(input.name, operand(for: input, dimensions[input.name] ?? [])) }
    for node in model.graph.node { try add(node) }
    for output in model.graph.output { try addOutput(output.name, isBoolean: output.booleanRecord != nil) }
    removeStaticInputs()
    try graph.chooseReferenceSizes()
    try countLayers()
    graph.removeUnused()
    graph.metadata =
      metadata(of: model) + inputs.compactMap(\.typeRecord) + model.graph.output.compactMap(\.booleanRecord)
  }

  private func define(_ name: String, _ operand: Operand) throws {
    guard operands.updateValue(operand, forKey: name) == nil else { throw ONNXError("'\(name)' is defined twice") }
  }

  private func metadata(of model: Onnx_ModelProto) -> [(key: String, value: String)] {
    let own = [
      ("onnx.producer", model.producerName), ("onnx.producer_version", model.producerVersion),
      ("onnx.opset", "\(opset)"),
      ("onnx.graph", model.graph.name),
    ]
    return own.filter { !$0.1.isEmpty }
      + model.metadataProps.filter { !$0.key.hasPrefix("onnx.") }.map { ($0.key, $0.value) }
  }

  /// What to do about sizes that follow from open dimensions in a way that is not supported.
  func adviceToFix(_ sizes: [Size]) -> String {
    let symbols = Set(sizes.flatMap(\.symbols))
    let open = graph.inputs.enumerated().flatMap { _, input in
      input.dimensions.indices.compactMap { axis -> (input: String, axis: Int)? in
        guard case .symbol(let index) = input.dimensions[axis], symbols.isEmpty || symbols.contains(index) else {
          return nil
        }
        return (graph.names[input.value] ?? "", axis)
      }
    }
    guard let first = open.first, let input = inputs.first(where: { $0.name == first.input }) else { return "" }
    let places = open.filter { $0.input == first.input }.map { "\($0.axis)" }
    let dims = places.count == 1 ? "dimension \(places[0])" : "dimensions \(places.joined(separator: ", "))"
    return
      "; it follows from \(dims) of input '\(first.input)': give numbers instead of ? in --shape \(input.description)"
  }
}

func isDefaultDomain(_ domain: String) -> Bool { domain.isEmpty || domain == "ai.onnx" }

// MARK: Inputs and outputs

extension Importer {
  private func dimensions(of input: NetworkInput, _ readers: Readers, amongVectors: Bool) -> [InputDimension] {
    let isChannelsLast = input.isChannelsLast(readers)
    return input.dims.indices.map { axis in
      if let number = input.dims[axis].number { return .fixed(number) }
      let role = input.role(axis, isChannelsLast: isChannelsLast, amongVectors: amongVectors)
      return .symbol(graph.symbol(named: input.symbolName(axis), role))
    }
  }

  private func operand(for input: NetworkInput, _ dimensions: [InputDimension]) throws -> Operand {
    guard let type = input.runtimeType else {
      guard let given = input.given else {
        throw ONNXError("input '\(input.name)': elements of type \(DataType.name(input.type)) are not supported")
      }
      return Operand(given)
    }
    let value = graph.addInput(name: input.name, type: type, dimensions: dimensions)
    let shape = graph.shape(of: graph.inputs[graph.inputs.count - 1])
    if let fixed = shape.fixed { _ = try elementCount(fixed.dims) }
    return Operand(shape: shape, elements: input.given.map { .numbers($0) }, value: value, isNetworkInput: true)
  }

  /// Drops the inputs of which only the value that was given for them is used.
  private func removeStaticInputs() {
    let used = graph.useCounts
    let dropped = Set(
      operands.values.filter { $0.isNetworkInput && $0.isStatic }.compactMap(\.value).filter { used[$0] == nil })
    graph.inputs.removeAll { dropped.contains($0.value) }
  }

  /// An output has a name and a node of its own, even where ONNX's is a constant, an input or another output.
  private func addOutput(_ name: String, isBoolean: Bool) throws {
    do {
      var operand = try operand(named: name)
      if isBoolean, operand.type == .float32 { operand = try append(.cast(Cast(.int64)), [operand], name: name) }
      var value = try self.value(of: operand)
      if graph.constants[value] != nil || graph.inputs.contains(where: { $0.value == value })
        || graph.outputs.contains(value)
      {
        value = try self.value(of: append(.reshape(.unchanged(rank: operand.rank)), [operand], name: name))
      }
      graph.outputs.append(value)
      graph.names[value] = name
      graph.outputDimensions[value] = graph.dimensions(operand.dims)
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
        throw ONNXError(
          isDefaultDomain(proto.domain)
            ? "the operator is not supported" : "operators of '\(proto.domain)' are not supported")
      }
      node.inputs = try proto.input.map { $0.isEmpty ? nil : try operand(named: $0) }
      let before = graph.nodes.count
      let outputs = try handler.outputs(node)
      markFactored(before..<graph.nodes.count, by: proto)
      guard graph.expressions.count <= PrefactorModelFormat.Layout.maximumExpressions else {
        throw ONNXError(
          "what follows from the network's open dimensions so far is more than a file holds; fix one of them")
      }
      try node.checkAttributes()
      for (index, name) in proto.output.enumerated() where !name.isEmpty {
        if index < outputs.count {
          try define(name, outputs[index])
        } else {
          unsupportedOutputs[name] = "'\(node.name)' (\(proto.opType))"
        }
      }
    } catch let error as ONNXError {
      throw ONNXError("node '\(node.name)' (\(proto.opType)): \(error)")
    }
  }

  private func operand(named name: String) throws -> Operand {
    if let operand = operands[name] { return operand }
    if let node = unsupportedOutputs[name] {
      throw ONNXError("'\(name)' is an output of node \(node) that is not supported")
    }
    throw ONNXError("'\(name)' is not computed by any node before")
  }

  /// The operand in the graph; known elements become a constant of it.
  func value(of operand: Operand) throws -> Value {
    if let value = operand.value { return value }
    if let constant = operand.constant {
      operand.value = graph.addConstant(constant)
    } else if let symbolic = operand.symbolic {
      guard !symbolic.elements.contains(where: { $0.isTooLong }) else {
        throw ONNXError("its sizes follow from the network's open dimensions in too long a way")
      }
      operand.value = try graph.addSizes(symbolic)
    }
    guard let value = operand.value else { preconditionFailure("an operand that is neither known nor computed") }
    return value
  }

  /// Appends an operation to the graph; `bound` has the attribute words that are computed when a session is created.
  func append(_ operation: Operation, _ inputs: [Operand?], bound: [Int: SymbolicNumber] = [:], name: String) throws
    -> Operand
  {
    do {
      let shape = try operation.symbolicShape(inputs.map { $0?.shape }, bound)
      if let output = shape.fixed {
        appended.elements = clampedSum([appended.elements, output.count])
        appended.work = clampedSum([appended.work, operation.work(inputs.map { $0?.shape.fixed }, output: output)])
      }
      let values = try inputs.map { try $0.map(value(of:)) }
      let bindings = bound.sorted { $0.key < $1.key }.map {
        AttributeBinding(word: $0.key, expression: graph.expression($0.value))
      }
      switch operation {
      case .convolution, .pool, .resize: positiveSizes.formUnion(shape.dims)
      default: break
      }
      return Operand(shape: shape, value: graph.addNode(operation, values, name: name, bindings: bindings))
    } catch let error as SymbolicShapeError {
      throw ONNXError(error.description)
    }
  }

  /// Whether a size is at least 1 wherever the network's operations accept their inputs.
  func isPositive(_ size: Size) -> Bool { size.isPositive || positiveSizes.contains(size) }

  /// Appends a convolution or fully-connected layer.
  func appendLayer(_ operation: Operation, _ inputs: [Operand?], of node: NodeImport) throws -> Operand {
    let output = try append(operation, inputs, name: node.name)
    let bytes = inputs.dropFirst().reduce(0) { $0 + ($1?.constant.map { $0.count * $0.type.size } ?? 0) }
    let layer = Layer(name: node.name, macsBefore: 0, bytesBefore: bytes)
    let recorded = LayerRecord(node.proto.metadataProps)?.layer
    let index = index(of: layer, recorded: recorded)
    graph.nodes[graph.nodes.count - 1].layer = index
    if recorded == nil { uncountedLayers.append((index, graph.nodes[graph.nodes.count - 1])) }
    return output
  }

  private func countLayers() throws {
    let shapes = try graph.shapes(graph.referenceBinding)
    for (layer, node) in uncountedLayers {
      guard let output = shapes[node.output] else { continue }
      graph.layers[layer].macsBefore = node.operation.multiplyAdds(
        node.inputs.map { $0.flatMap { shapes[$0] } }, output: output)
    }
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
