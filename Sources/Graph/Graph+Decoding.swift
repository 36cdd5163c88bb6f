import CPrefactor
import PrefactorModelFormat
import PrefactorRuntime

/// A `.pfmodel` that cannot be read back.
public struct DecodingError: Error, CustomStringConvertible {
  public var description: String
}

extension Graph {
  /// Reads a `.pfmodel` back: what `encoded()` was given, but for the names of values inside.
  public init(decoding bytes: [UInt8]) throws {
    let result = bytes.withUnsafeBytes { buffer -> Result<Graph, Failure> in
      guard let base = buffer.baseAddress else { return .failure(Failure(PF_ERROR_BAD_MODEL, "is empty")) }
      do throws(Failure) {
        var decoder = Decoder(file: try ModelFile(Bytes(base, count: buffer.count)))
        try decoder.decode()
        return .success(decoder.graph)
      } catch { return .failure(error) }
    }
    switch result {
    case .success(let graph):
      self = graph
      try checkQuantizations()
    case .failure(let failure): throw DecodingError(description: Graph.place(of: failure, bytes) + failure.message)
    }
  }
}

extension Graph {
  /// The layer that a failure is said of, by its name where the file can tell.
  private static func place(of failure: Failure, _ bytes: [UInt8]) -> String {
    guard failure.node >= 0 else { return "" }
    let name = bytes.withUnsafeBytes { buffer in
      buffer.baseAddress.flatMap { try? ModelFile(Bytes($0, count: buffer.count)) }.flatMap {
        try? $0.node(failure.node)
      }.map { String(cString: $0.name) }
    }
    return name.map { "layer '\($0)': " } ?? "node \(failure.node): "
  }
}

private struct Decoder {
  let file: ModelFile
  var graph = Graph()
  private var values: [Int: Value] = [:]

  init(file: ModelFile) { self.file = file }

  mutating func decode() throws(Failure) {
    if file.version != Layout.oldestVersion { decodeSizes() }
    for index in 0..<file.count(.inputs) { try decodeInput(file.number(.inputs, index)) }
    for index in 0..<file.count(.values) { try decodeConstant(index) }
    for index in 0..<file.count(.layers) { decodeLayer(index) }
    for index in 0..<file.count(.nodes) { try decodeNode(index) }
    for index in 0..<file.count(.quantizations) { decode(file.quantization(index)) }
    for index in 0..<file.count(.bindings) {
      let (node, binding) = file.binding(index)
      graph.nodes[node].bindings.append(binding)
    }
    for index in 0..<file.count(.outputs) {
      let number = file.number(.outputs, index)
      guard let value = values[number] else { throw Failure(PF_ERROR_BAD_MODEL, "output # is never computed", index) }
      graph.outputs.append(value)
      graph.names[value] = String(cString: try file.value(number).name)
      graph.outputDimensions[value] = try outputDimensions(number)
    }
    for index in 0..<file.count(.labels) { graph.labels.append(string(UInt32(file.number(.labels, index)))) }
    for index in 0..<file.count(.metadata) {
      let record = file.record(.metadata, index)
      graph.metadata.append((string(record.uint32(0)), string(record.uint32(4))))
    }
    decodePreprocessing()
  }

  private mutating func decodeSizes() {
    for index in 0..<file.symbolCount {
      let symbol = file.symbol(index)
      graph.symbols.append(
        Symbol(
          name: String(cString: symbol.name), role: symbol.role,
          reference: symbol.reference == 0 ? nil : symbol.reference))
    }
    graph.expressions = (0..<file.expressionCount).map(file.expression)
  }

  private mutating func decodeInput(_ number: Int) throws(Failure) {
    let value = try file.value(number)
    let name = String(cString: value.name)
    let dims = value.shape.dims
    if file.version == Layout.oldestVersion {
      values[number] = graph.addInput(name: name, type: value.shape.type, dims: dims.map { $0 < 0 ? nil : $0 })
      return
    }
    let dimensions = dims.indices.map { axis in
      file.symbol(ofValue: number, axis: axis).map { InputDimension.symbol($0) } ?? .fixed(dims[axis])
    }
    values[number] = graph.addInput(name: name, type: value.shape.type, dimensions: dimensions)
  }

  /// Nil where the file does not say all of them.
  private func outputDimensions(_ number: Int) throws(Failure) -> [OutputDimension]? {
    let dims = try file.value(number).shape.dims
    let dimensions = dims.indices.compactMap { axis in
      dims[axis] < 0
        ? file.expression(ofValue: number, axis: axis).map { OutputDimension.expression($0) } : .fixed(dims[axis])
    }
    return dimensions.count == dims.count ? dimensions : nil
  }

  private func string(_ offset: UInt32) -> String { String(cString: file.string(offset)) }

  private mutating func decodeConstant(_ index: Int) throws(Failure) {
    let value = try file.value(index)
    guard let layout = value.layout, let contents = value.contents else { return }
    // Of the same weights as another constant.
    if case .transformed = layout { return }
    let dims = value.shape.dims
    let tensor: Tensor
    switch value.shape.type {
    case .float32:
      let stored: [Float]
      if case .halfPanels = layout {
        stored = (0..<contents.count / 2).map { Float(Float16(bitPattern: contents.uint16($0 * 2))) }
        graph.weightsType = .float16
      } else {
        stored = (0..<contents.count / 4).map { contents.float($0 * 4) }
      }
      tensor = Tensor(dims, layout.unpacked(stored, outputs: dims.first ?? 1, count: value.shape.count))
    case let type where Tensor.types.contains(type): tensor = Tensor(dims, type: type, copying: contents.base)
    default:
      throw Failure(PF_ERROR_UNSUPPORTED, "constant # has type @, which the compiler does not support", index)
        .naming(value.shape.type.name.cString)
    }
    let name = String(cString: value.name)
    values[index] = graph.addConstant(tensor, name: name.isEmpty ? nil : name)
  }

  private mutating func decodeLayer(_ index: Int) {
    let record = file.record(.layers, index)
    var layer = Layer(
      name: string(record.uint32(Layout.Layer.name)), macsBefore: Int(clamping: record.uint64(Layout.Layer.macsBefore)),
      bytesBefore: Int(clamping: record.uint64(Layout.Layer.bytesBefore)))
    layer.method = string(record.uint32(Layout.Layer.method))
    layer.parameters = string(record.uint32(Layout.Layer.parameters))
    layer.relativeError = record.double(Layout.Layer.relativeError)
    graph.layers.append(layer)
  }

  private mutating func decodeNode(_ index: Int) throws(Failure) {
    let node = try file.node(index)
    var inputs: [Value?] = []
    let transformed = if case .convolution = node.operation { Convolution.transformedWeights } else { Int.max }
    for position in 0..<min(node.inputCount, transformed) {
      guard let operand = file.operand(node, position) else {
        inputs.append(nil)
        continue
      }
      guard let value = values[operand] else {
        throw Failure(PF_ERROR_BAD_MODEL, "input # is computed later, or never", position, node: index)
      }
      guard graph.constants[value] != nil || !node.operation.requiresConstant(input: position) else {
        throw Failure(PF_ERROR_BAD_MODEL, "input # is not a constant", position, node: index)
      }
      inputs.append(value)
    }
    // What only kept the place of the transformed weights.
    if node.inputCount > transformed { while case .some(nil) = inputs.last { inputs.removeLast() } }
    values[node.output] = graph.addNode(node.operation, inputs, name: String(cString: node.name), layer: node.layer)
  }

  private mutating func decode(_ quantization: ModelFile.Quantization) {
    // Nobody asks for one that is never computed.
    guard let value = values[quantization.value] else { return }
    graph.quantizations[value] = Quantization(
      scales: (0..<quantization.count).map { quantization.scales[$0] },
      zeroPoints: (0..<quantization.count).map { quantization.zeroPoints[$0] }, axis: quantization.axis)
  }

  private mutating func decodePreprocessing() {
    typealias Field = Layout.Preprocessing
    guard file.count(.preprocessing) == 1 else { return }
    let record = file.record(.preprocessing, 0)
    func triple(_ offset: Int) -> [Float] { (0..<3).map { record.float(offset + 4 * $0) } }
    graph.preprocessing = Preprocessing(
      width: Int(record.int32(Field.width)), height: Int(record.int32(Field.height)),
      resize: Preprocessing.Resize(rawValue: Int(record.int32(Field.resize))) ?? .stretch,
      crop: Int(record.int32(Field.crop)),
      channels: Preprocessing.Channels(rawValue: Int(record.int32(Field.channels))) ?? .rgb, mean: triple(Field.mean),
      deviation: triple(Field.deviation))
    graph.preprocessing?.isChannelsLast = file.version != Layout.oldestVersion && record.int32(Field.layout) == 1
  }
}
