import PrefactorModelFormat
import PrefactorRuntime

/// A graph that cannot be written as a `.pfmodel`.
public struct EncodingError: Error, CustomStringConvertible {
  public var description: String
}

extension Graph {
  /// The `.pfmodel`: see docs/model-format.md. The same graph gives the same bytes. With a target, convolutions have
  /// their weights a second time, transformed for the algorithm that is fastest there.
  public func encoded(for target: Target? = nil) throws -> [UInt8] {
    try encoder(for: target).file()
  }

  /// The same without a target, and the numbers that each constant has among the file's values: several where
  /// operations need it in several layouts.
  public func encodedWithConstants() throws -> (bytes: [UInt8], constants: [Value: [Int]]) {
    let encoder = try encoder(for: nil)
    return (encoder.file(), encoder.constants)
  }

  private func encoder(for target: Target?) throws -> Encoder {
    var graph = self
    graph.stateOutputDimensions()
    var encoder = Encoder(graph: graph, shapes: try shapes(referenceBinding), target: target)
    try encoder.encode()
    return encoder
  }
}

private struct Encoder {
  let graph: Graph
  let shapes: [Value: Shape]
  let target: Target?
  private var sections: [SectionKind: ByteWriter] = [:]
  private var strings = StringTable()
  private var values: [StoredValue: UInt32] = [:]
  private var symbolExpressions: [Int: Int32] = [:]

  /// A constant that two operations need in different layouts is stored twice.
  private struct StoredValue: Hashable {
    var value: Value
    /// Nil for what is not a constant.
    var kind: ValueKind?
    var groups = 0
    var algorithm: ConvolutionAlgorithm?

    init(_ value: Value, _ layout: ConstantLayout? = nil) {
      self.value = value
      kind = layout.map { ValueKind($0) }
      switch layout {
      case nil, .plain, .tapsFirst: break
      case .panels(let groups), .halfPanels(let groups): self.groups = groups
      case .transformed(let algorithm, let groups): (self.algorithm, self.groups) = (algorithm, groups)
      }
    }
  }

  init(graph: Graph, shapes: [Value: Shape], target: Target?) {
    self.graph = graph
    self.shapes = shapes
    self.target = target
  }

  mutating func encode() throws {
    try graph.checkQuantizations()
    addSizes()
    for input in graph.inputs {
      let dims = input.dimensions.map { dimension in
        switch dimension {
        case .fixed(let number): Int32(number)
        case .symbol(let index): -1 - symbolExpression(index)
        }
      }
      addValue(StoredValue(input.value), .input, input.type, dims)
    }
    let outputs = outputDims()
    for (index, node) in graph.nodes.enumerated() {
      try add(node, outputs)
      for binding in node.bindings.sorted(by: { $0.word < $1.word }) {
        for number in [index, binding.word, binding.expression] {
          sections[.bindings, default: ByteWriter()].append(UInt32(number))
        }
      }
    }
    for input in graph.inputs { sections[.inputs, default: ByteWriter()].append(index(of: input.value)) }
    for output in graph.outputs {
      guard values[StoredValue(output)] != nil, graph.constants[output] == nil,
        !graph.inputs.contains(where: { $0.value == output })
      else {
        throw EncodingError(description: "output '\(graph.names[output] ?? "?")' is not computed by any node")
      }
      sections[.outputs, default: ByteWriter()].append(index(of: output))
    }
    try addLayers()
    for label in graph.labels { sections[.labels, default: ByteWriter()].append(strings.offset(of: label)) }
    for (key, value) in graph.metadata {
      sections[.metadata, default: ByteWriter()].append(strings.offset(of: key))
      sections[.metadata, default: ByteWriter()].append(strings.offset(of: value))
    }
    addPreprocessing()
    addQuantizations()
    sections[.weights, default: ByteWriter()].append(zeros: PanelLayout.slack)
    sections[.strings] = strings.bytes
  }

  /// The numbers of their values.
  var constants: [Value: [Int]] {
    Dictionary(grouping: values.filter { $0.key.kind != nil }, by: \.key.value).mapValues { $0.map { Int($0.value) } }
  }

  private func index(of value: Value) -> UInt32 { values[StoredValue(value)] ?? Layout.absent }

  private mutating func addSizes() {
    for symbol in graph.symbols {
      let name = strings.offset(of: symbol.name)
      for number in [name, symbol.role.rawValue, UInt32(symbol.reference ?? 0)] {
        sections[.symbols, default: ByteWriter()].append(number)
      }
    }
    for expression in graph.expressions { add(expression) }
  }

  private mutating func add(_ expression: SizeExpression) {
    for number in [expression.operation.rawValue, expression.a, expression.b, expression.c] {
      sections[.expressions, default: ByteWriter()].append(number)
    }
  }

  /// The number of the expression that is a symbol; added where the graph has none.
  private mutating func symbolExpression(_ symbol: Int) -> Int32 {
    if let index = symbolExpressions[symbol] { return index }
    let known = graph.expressions.firstIndex(of: .symbol(symbol))
    let index = known ?? (sections[.expressions]?.count ?? 0) / SectionKind.expressions.stride
    if known == nil { add(.symbol(symbol)) }
    symbolExpressions[symbol] = Int32(index)
    return Int32(index)
  }

  /// The dimensions of the outputs as the file has them.
  private func outputDims() -> [Value: [Int32]] {
    var result: [Value: [Int32]] = [:]
    for output in graph.outputs {
      result[output] =
        graph.outputDimensions[output]?.map { dimension in
          switch dimension {
          case .fixed(let number): Int32(number)
          case .expression(let index): -1 - Int32(index)
          }
        } ?? Array(repeating: Layout.unstated, count: shapes[output]?.rank ?? 0)
    }
    return result
  }

  @discardableResult
  private mutating func addValue(
    _ key: StoredValue, _ kind: ValueKind, _ type: ElementType, _ dims: [Int32], offset: Int = 0
  ) -> UInt32 {
    let index = UInt32(values.count)
    values[key] = index
    var record = ByteWriter()
    record.append(strings.offset(of: graph.names[key.value] ?? ""))
    record.append(UInt32(type.rawValue))
    record.append(kind.rawValue)
    record.append(UInt32(dims.count))
    for axis in 0..<Shape.maximumRank { record.append(UInt32(bitPattern: axis < dims.count ? dims[axis] : 0)) }
    record.append(UInt64(offset))
    record.append(UInt32(key.groups))
    record.append(UInt32(key.algorithm?.rawValue ?? 0))
    sections[.values, default: ByteWriter()].append(record)
    return index
  }

  private mutating func add(_ node: Node, _ outputs: [Value: [Int32]]) throws {
    let inputShapes = node.inputs.map { $0.flatMap { shapes[$0] } }
    let firstInput = sections[.operands]?.count ?? 0
    for (position, input) in node.inputs.enumerated() {
      var operand = Layout.absent
      if let input, let constant = graph.constants[input] {
        let layout = node.operation.layout(ofInput: position, inputShapes)
        operand = addConstant(input, constant, layout.storing(graph.weightsType))
      } else if let input {
        operand = index(of: input)
        if operand == Layout.absent {
          throw EncodingError(description: "layer '\(node.name)' uses a value that is computed later, or never")
        }
      }
      sections[.operands, default: ByteWriter()].append(operand)
    }
    let inputCount = node.inputs.count + (try addTransformedWeights(node, inputShapes))
    let output = addValue(
      StoredValue(node.output), .computed, shapes[node.output]?.type ?? .float32, outputs[node.output] ?? [])
    let firstAttribute = sections[.attributes]?.count ?? 0
    node.operation.withAttributes { sections[.attributes, default: ByteWriter()].append($0) }
    var record = ByteWriter()
    record.append(UInt32(bitPattern: node.operation.code.rawValue))
    record.append(strings.offset(of: node.name))
    record.append(UInt32(firstInput / 4))
    record.append(UInt32(inputCount))
    record.append(output)
    record.append(UInt32(firstAttribute / 4))
    record.append(UInt32(((sections[.attributes]?.count ?? 0) - firstAttribute) / 4))
    record.append(UInt32(bitPattern: Int32(node.layer ?? -1)))
    sections[.nodes, default: ByteWriter()].append(record)
  }

  private mutating func addConstant(_ value: Value, _ tensor: Tensor, _ layout: ConstantLayout) -> UInt32 {
    let key = StoredValue(value, layout)
    if let index = values[key] { return index }
    sections[.weights, default: ByteWriter()].align()
    let offset = sections[.weights]?.count ?? 0
    if case .float32(let floats) = tensor.elements {
      layout.withPackedBytes(of: floats, outputs: tensor.dims.first ?? 1) { sections[.weights]?.append($0) }
    } else {
      tensor.withUnsafeBytes { sections[.weights]?.append($0) }
    }
    if layout.isInPanels { sections[.weights]?.append(zeros: PanelLayout.slack) }
    return addValue(key, ValueKind(layout), tensor.type, tensor.dims.map(Int32.init), offset: offset)
  }

  /// Adds the weights of a convolution as an operand once more, transformed, where that makes it faster on the target;
  /// returns how many operands it added.
  private mutating func addTransformedWeights(_ node: Node, _ inputs: [Shape?]) throws -> Int {
    guard let target, case .convolution(let convolution) = node.operation, let weights = node.inputs[1],
      let tensor = graph.constants[weights],
      let output = shapes[node.output],
      let algorithm = inputs.withUnsafeBufferPointer({
        convolution.fastestAlgorithm(InputShapes($0), output: output, target)
      })
    else { return 0 }
    for _ in node.inputs.count..<Convolution.transformedWeights {
      sections[.operands, default: ByteWriter()].append(Layout.absent)
    }
    let groups = Int(convolution.groups)
    let key = StoredValue(weights, .transformed(algorithm, groups: groups))
    if values[key] == nil {
      let panels = ConstantLayout.panels(groups: groups).packed(tensor.floats, outputs: tensor.dims[0])
      let transformed = try inputs.withUnsafeBufferPointer { inputs in
        let inputs = InputShapes(inputs)
        let length = convolution.transformedWeightFloats(inputs, output: output, algorithm)
        return [Float](unsafeUninitializedCapacity: length) { buffer, count in
          convolution.transform(panels, inputs, output: output, algorithm, .common, to: buffer.baseAddress!)
          count = length
        }
      }
      sections[.weights, default: ByteWriter()].align()
      let offset = sections[.weights]?.count ?? 0
      transformed.withUnsafeBytes { sections[.weights]?.append($0) }
      sections[.weights]?.append(zeros: PanelLayout.slack)
      addValue(key, .constantTransformed, .float32, tensor.dims.map(Int32.init), offset: offset)
    }
    sections[.operands, default: ByteWriter()].append(values[key] ?? Layout.absent)
    return Convolution.transformedWeights + 1 - node.inputs.count
  }

  private mutating func addLayers() throws {
    let costs = try graph.layerCosts()
    for (layer, cost) in zip(graph.layers, costs) {
      var record = ByteWriter()
      for text in [layer.name, layer.method, layer.parameters] { record.append(strings.offset(of: text)) }
      record.append(UInt32(0))
      for number in [layer.macsBefore, layer.bytesBefore, cost.macs, cost.bytes] { record.append(UInt64(number)) }
      record.append(layer.relativeError.bitPattern)
      record.append(UInt64(0))
      sections[.layers, default: ByteWriter()].append(record)
    }
  }

  private mutating func addPreprocessing() {
    guard let preprocessing = graph.preprocessing else { return }
    var record = ByteWriter()
    for number in [
      preprocessing.width, preprocessing.height, preprocessing.resize.rawValue, preprocessing.crop,
      preprocessing.channels.rawValue,
    ] {
      record.append(UInt32(number))
    }
    for number in preprocessing.mean + preprocessing.deviation { record.append(number.bitPattern) }
    record.append(UInt32(preprocessing.isChannelsLast ? 1 : 0))
    sections[.preprocessing] = record
  }

  private mutating func addQuantizations() {
    var first = 0
    for (key, index) in values.sorted(by: { $0.value < $1.value }) {
      guard let quantization = graph.quantizations[key.value] else { continue }
      let axis = UInt32(bitPattern: Int32(quantization.axis ?? -1))
      for number in [index, axis, UInt32(first), UInt32(quantization.scales.count)] {
        sections[.quantizations, default: ByteWriter()].append(number)
      }
      for scale in quantization.scales { sections[.scales, default: ByteWriter()].append(scale.bitPattern) }
      for zeroPoint in quantization.zeroPoints {
        sections[.zeroPoints, default: ByteWriter()].append(UInt32(bitPattern: zeroPoint))
      }
      first += quantization.scales.count
    }
  }

  /// Header, table and sections. The version is the oldest that has all of them.
  func file() -> [UInt8] {
    let version = sections[.quantizations] == nil ? Layout.unquantizedVersion : Layout.version
    let count = SectionKind.count(version: version)
    var table = ByteWriter()
    var body = ByteWriter()
    let start = Layout.Header.size + count * Layout.SectionEntry.size
    for raw in 1...UInt32(count) {
      guard let kind = SectionKind(rawValue: raw) else { continue }
      let section = sections[kind] ?? ByteWriter()
      body.align(after: start)
      table.append(raw)
      table.append(section.checksum)
      table.append(UInt64(start + body.count))
      table.append(UInt64(section.count))
      table.append(UInt64(section.count / kind.stride))
      body.append(section)
    }
    var header = ByteWriter()
    for index in 0..<8 { header.append(byte: Layout.magic[index]) }
    header.append(version)
    header.append(UInt32(count))
    header.append(UInt64(start + body.count))
    header.append(table.checksum)
    header.append(header.checksum)
    header.append(zeros: Layout.Header.size - header.count)
    return header.bytes + table.bytes + body.bytes
  }
}
