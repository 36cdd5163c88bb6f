import PrefactorGraph
import PrefactorModelFormat

/// One ONNX node while it is imported.
final class NodeImport {
  let proto: Onnx_NodeProto
  let importer: Importer
  /// Nil where an optional input is left out.
  var inputs: [Operand?] = []
  /// Of a cast to another floating-point type than float32.
  var castRounding = Rounding.float32
  private let attributes: [String: Onnx_AttributeProto]
  private var unread: Set<String>

  init(_ proto: Onnx_NodeProto, importer: Importer) {
    self.proto = proto
    self.importer = importer
    attributes = Dictionary(proto.attribute.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
    unread = Set(attributes.keys)
  }

  var name: String { proto.name.isEmpty ? proto.output.first ?? "" : proto.name }
  var opset: Int { importer.opset }

  func emit(_ operation: Operation, bound: [Int: SymbolicNumber] = [:], _ inputs: Operand?...) throws -> Operand {
    try importer.append(operation, inputs, bound: bound, name: name)
  }

  func constant(_ tensor: Tensor) -> Operand { Operand(tensor) }

  func scalar(_ value: Float) -> Operand { constant(Tensor([], [value])) }
}

// MARK: Attributes

extension NodeImport {
  private func attribute(_ name: String) -> Onnx_AttributeProto? {
    unread.remove(name)
    return attributes[name]
  }

  private func attribute<T>(_ name: String, _ kind: String, _ value: (Onnx_AttributeProto) -> T?) throws -> T? {
    guard let attribute = attribute(name) else { return nil }
    guard let value = value(attribute) else { throw ONNXError("attribute '\(name)' is not \(kind)") }
    return value
  }

  func int(_ name: String) throws -> Int? { try attribute(name, "an integer") { $0.hasI ? Int($0.i) : nil } }

  func int(_ name: String, default value: Int) throws -> Int { try int(name) ?? value }

  func flag(_ name: String, default value: Bool = false) throws -> Bool { try int(name).map { $0 != 0 } ?? value }

  func float(_ name: String) throws -> Float? { try attribute(name, "a number") { $0.hasF ? $0.f : nil } }

  func float(_ name: String, default value: Float) throws -> Float { try float(name) ?? value }

  func string(_ name: String, default value: String) throws -> String {
    try attribute(name, "a string") { $0.hasS ? String(decoding: $0.s, as: UTF8.self) : nil } ?? value
  }

  func ints(_ name: String) throws -> [Int]? { attribute(name).map { $0.ints.map(Int.init) } }

  func floats(_ name: String) -> [Float]? { attribute(name)?.floats }

  func tensor(_ name: String) throws -> Tensor? {
    try attribute(name, "a tensor") { $0.hasT ? $0.t : nil }?.decoded(importer.files)
  }

  /// The value of a string attribute in the graph.
  func choice<Value>(_ name: String, default value: String, _ values: [String: Value]) throws -> Value {
    let chosen = try string(name, default: value)
    guard let result = values[chosen] else { throw ONNXError("\(name) '\(chosen)' is not supported") }
    return result
  }

  /// Attributes that do not matter here.
  func ignore(_ names: String...) { unread.subtract(names) }

  func checkAttributes() throws {
    if let name = unread.min() { throw ONNXError("attribute '\(name)' is not supported") }
  }
}

// MARK: Inputs

extension NodeImport {
  func optional(_ index: Int) -> Operand? { index < inputs.count ? inputs[index] : nil }

  func input(_ index: Int) throws -> Operand {
    guard let operand = optional(index) else { throw ONNXError("input \(index) is missing") }
    return operand
  }

  /// All inputs of an operator with any number of them.
  func allInputs() throws -> [Operand] {
    guard !inputs.isEmpty else { throw ONNXError("it has no inputs") }
    return try inputs.indices.map(input)
  }

  /// The elements of an input, which may follow from sizes.
  func elements(_ index: Int) throws -> SymbolicTensor {
    let operand = try input(index)
    operand.isStatic = true
    if let elements = operand.symbolic { return elements }
    switch operand.unfolded {
    case .sizes(let sizes)?: throw dependsOnSize(proto.input[index], sizes)
    case .tooLarge?:
      throw ONNXError(
        """
        input '\(proto.input[index])' must be a constant, and what it is computed from is too little for one so large \
        or for so much work
        """
      )
    case nil: throw ONNXError("input '\(proto.input[index])' must be a constant")
    }
  }

  /// The elements of an input that are the same at all sizes.
  func constantElements(_ index: Int) throws -> Tensor {
    let operand = try input(index)
    operand.isStatic = true
    if let constant = operand.constant { return constant }
    let elements = try elements(index)
    throw dependsOnSize(proto.input[index], elements.elements.compactMap(\.size))
  }

  /// A float32 tensor that must be constant.
  func floatConstant(_ index: Int) throws -> Tensor {
    let tensor = try constantElements(index)
    guard tensor.type == .float32 else { throw ONNXError("input '\(proto.input[index])' is not floating-point") }
    return tensor
  }

  /// A list of sizes.
  func sizes(_ index: Int) throws -> [Size] {
    let tensor = try elements(index)
    guard tensor.type == .int64 else { throw ONNXError("input '\(proto.input[index])' is not integer") }
    return tensor.elements.compactMap(\.size)
  }

  /// A list of integers that is the same at all sizes; nil where the input is left out.
  func constantIntegers(_ index: Int) throws -> [Int]? {
    guard optional(index) != nil else { return nil }
    let tensor = try constantElements(index)
    guard tensor.type == .int64 else { throw ONNXError("input '\(proto.input[index])' is not integer") }
    return tensor.int64s.map(Int.init)
  }

  /// A list that is an attribute up to some opset, and an input from the next on.
  func integers(attribute name: String, before firstOpset: Int, input index: Int) throws -> [Int]? {
    opset < firstOpset ? try ints(name) : try constantIntegers(index)
  }

  /// `sizes` are those whose symbols it depends on.
  func dependsOnSize(_ what: String, _ sizes: [Size] = []) -> ONNXError {
    ONNXError(
      """
      '\(what)' depends on the size of the network's inputs in a way that is not \
      supported\(importer.adviceToFix(sizes))
      """
    )
  }

  /// An axis counted from the front.
  func axis(_ axis: Int, rank: Int) throws -> Int {
    guard axis >= -rank, axis < rank else { throw ONNXError("axis \(axis) of a tensor of rank \(rank)") }
    return axis < 0 ? axis + rank : axis
  }

  func axes(_ axes: [Int], rank: Int) throws -> [Int] {
    let result = try axes.map { try axis($0, rank: rank) }
    guard Set(result).count == result.count else { throw ONNXError("an axis is named twice in \(axes)") }
    return result
  }
}
