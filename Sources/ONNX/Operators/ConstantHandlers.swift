import PrefactorGraph
import PrefactorModelFormat

/// Operators that make constants, or pass their input on.
let constantHandlers: [String: OperatorHandler] = [
  "Constant": .folded { node, _ in [try constant(node)] },
  "ConstantOfShape": .either({ node, inputs in [try constantOfShape(node, inputs.tensor(0).integers())] }) { node in
    [try node.expand(node.constant(try uniformValue(node)), to: node.sizes(0))]
  },
  "Range": .folded(
    { node, inputs in
      node.ignore("stash_type")
      return [try range(inputs.tensor(0), inputs.tensor(1), inputs.tensor(2))]
    }, sizes: rangeOfSizes),
  "Shape": .lowered { [try shape($0)] }, "Size": .lowered { [try size($0)] },
  "Identity": .lowered { [try $0.input(0)] }, "Dropout": .lowered(dropout),
  "Cast": .either(castTensor, sizes: castSizes, cast),
]

private func constant(_ node: NodeImport) throws -> Tensor {
  if let tensor = try node.tensor("value") { return tensor }
  if let value = try node.float("value_float") { return Tensor([], [value]) }
  if let values = node.floats("value_floats") { return Tensor([values.count], values) }
  if let value = try node.int("value_int") { return Tensor([], [Int64(value)]) }
  if let values = try node.ints("value_ints") { return Tensor([values.count], values.map(Int64.init)) }
  throw ONNXError("a constant that is neither a dense tensor nor numbers is not supported")
}

private func constantOfShape(_ node: NodeImport, _ dims: [Int]) throws -> Tensor {
  try uniformValue(node).broadcast(to: dims)
}

/// What all elements are, as a scalar.
private func uniformValue(_ node: NodeImport) throws -> Tensor {
  let value = try node.tensor("value") ?? Tensor([1], [Float(0)])
  guard value.count == 1 else { throw ONNXError("attribute 'value' has \(value.count) elements where it needs one") }
  return value.reshaped(to: [])
}

/// Of a length that is the same at all sizes.
private func rangeOfSizes(_ node: NodeImport, _ inputs: [SymbolicTensor?]) throws -> [SymbolicTensor]? {
  let scalars = inputs.compactMap { $0?.elements.count == 1 ? $0?.elements[0].size : nil }
  guard scalars.count == 3, let step = scalars[2].constant, step != 0,
    let length = (scalars[1] - scalars[0]).ceilingDivided(by: Size(step)).constant,
    length <= SymbolicTensor.mostElements
  else { throw node.dependsOnSize("the length of the range", scalars) }
  node.ignore("stash_type")
  return [SymbolicTensor([max(length, 0)], (0..<max(length, 0)).map { scalars[0] + Size($0) * step })]
}

private func range(_ start: Tensor, _ limit: Tensor, _ step: Tensor) throws -> Tensor {
  guard [start, limit, step].allSatisfy({ $0.count == 1 && $0.type == start.type }) else {
    throw ONNXError("its inputs are not three scalars of a type")
  }
  func elements<Element>(_ distance: Double, _ element: (Double) -> Element) throws -> [Element] {
    let length = distance.rounded(.up)
    guard length < 0x1p28 else { throw ONNXError("a range of \(length) elements is too large") }
    return (0..<(try foldedCount([Int(max(length, 0))]))).map { element(Double($0)) }
  }
  if start.type == .int64 {
    let first = start.int64s[0]
    let step = step.int64s[0]
    let values = try elements((Double(limit.int64s[0]) - Double(first)) / Double(step)) { first &+ Int64($0) &* step }
    return Tensor([values.count], values)
  }
  let first = Double(start.floats[0])
  let step = Double(step.floats[0])
  let values = try elements((Double(limit.floats[0]) - first) / step) { Float(first + $0 * step) }
  return Tensor([values.count], values)
}

private func shape(_ node: NodeImport) throws -> Operand {
  let x = try node.input(0)
  func bound(_ index: Int) -> Int { min(max(index < 0 ? index + x.rank : index, 0), x.rank) }
  let start = bound(try node.int("start", default: 0))
  let end = bound(try node.int("end", default: x.rank))
  return Operand(SymbolicTensor([max(0, end - start)], Array(x.dims[start..<max(start, end)])))
}

private func size(_ node: NodeImport) throws -> Operand { Operand(SymbolicTensor([], [try node.input(0).shape.count])) }

private func dropout(_ node: NodeImport) throws -> [Operand] {
  node.ignore("seed", "ratio")
  let isTraining = try node.optional(2) != nil && node.constantElements(2).scalar() != 0
  if isTraining { throw ONNXError("training is not supported") }
  if node.optional(1) != nil { _ = try node.constantElements(1) }
  return [try node.input(0)]
}

// MARK: Cast

private func target(_ node: NodeImport) throws -> DataType {
  node.ignore("saturate", "round_mode")
  let code = try node.int("to", default: 0)
  guard let type = Int32(exactly: code).flatMap(DataType.init), type.imported != nil else {
    throw ONNXError("a cast to \(DataType.name(Int32(truncatingIfNeeded: code))) is not supported")
  }
  switch type {
  case .double: node.castRounding = .exact
  case .float16, .bfloat16: node.castRounding = .other
  default: break
  }
  return type
}

private func castTensor(_ node: NodeImport, _ inputs: [Tensor?]) throws -> [Tensor] {
  let tensor = try inputs.tensor(0)
  let type = try target(node)
  if type.imported == .float32 { return [Tensor(tensor.dims, tensor.asFloats)] }
  let integers: [Int64] =
    switch tensor.numbers {
    case .floats(let values): type == .bool ? values.map { $0 == 0 ? 0 : 1 } : values.map { Int64(clamping: $0) }
    case .integers(let values): type == .bool ? values.map { $0 == 0 ? 0 : 1 } : values
    }
  return [Tensor(tensor.dims, integers)]
}

private func castSizes(_ node: NodeImport, _ inputs: [SymbolicTensor?]) throws -> [SymbolicTensor]? {
  guard let tensor = inputs[0] else { return nil }
  let type = try target(node)
  let elements = tensor.elements.map { element -> SymbolicNumber in
    if type.imported == .float32 { return .float(element.asFloat) }
    if type == .bool, let size = element.size { return .integer(Size(1) - size.isEqual(to: Size(0))) }
    return .integer(element.size ?? element.asFloat.truncated)
  }
  if type == .bool && tensor.type == .float32 { return nil }
  return [SymbolicTensor(tensor.dims, type.imported ?? .int64, elements)]
}

private func cast(_ node: NodeImport) throws -> [Operand] {
  let x = try node.input(0)
  let type = try target(node)
  if type == .bool {
    return [
      try node.negated(
        node.compare(.equal, x, node.constant(x.type == .int64 ? Tensor([], [Int64(0)]) : Tensor([], [Float(0)]))))
    ]
  }
  // Of other types the graph has the numbers: floating-point ones to 24 bits, and int32 until it overflows.
  let isHeld = type.held != nil || [.double, .float16, .int32].contains(type)
  guard isHeld, let elementType = type.imported else {
    throw ONNXError(
      "a cast to \(DataType.name(type.rawValue)) is only supported for tensors known when the model is imported")
  }
  return [x.type == elementType ? x : try node.emit(.cast(Cast(elementType)), x)]
}

extension Int64 {
  /// Towards zero; 0 for NaN.
  init(clamping value: Float) {
    self = value.isNaN ? 0 : value >= 0x1p63 ? .max : value < -0x1p63 ? .min : Int64(value)
  }
}
