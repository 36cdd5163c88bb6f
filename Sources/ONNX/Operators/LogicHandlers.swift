import PrefactorGraph
import PrefactorModelFormat

/// Booleans are 0 and 1: integers where they are known at import, else float32 numbers.
let logicHandlers: [String: OperatorHandler] = [
  "Equal": comparison(==, ==, { $0.isEqual(to: $1) }) { try $0.compare(.equal, $1, $2) },
  "Less": comparison(<, <, { $0.isLess(than: $1) }) { try $0.compare(.less, $1, $2) },
  "LessOrEqual": comparison(<=, <=, { Size(1) - $1.isLess(than: $0) }) { try $0.compare(.lessOrEqual, $1, $2) },
  "Greater": comparison(>, >, { $1.isLess(than: $0) }) { try $0.compare(.less, $2, $1) },
  "GreaterOrEqual": comparison(>=, >=, { Size(1) - $0.isLess(than: $1) }) { try $0.compare(.lessOrEqual, $2, $1) },
  "And": logical({ $0 && $1 }, { $0 * $1 }) { try $0.emitBinary(.multiply, $1, $2) },
  "Or": logical({ $0 || $1 }, { $0 + $1 - $0 * $1 }) { try $0.emitBinary(.maximum, $1, $2) },
  "Xor": logical({ $0 != $1 }, { $0 + $1 - $0 * $1 * 2 }) { try $0.negated($0.compare(.equal, $1, $2)) },
  "Not": .either(
    { _, inputs in inputs.areForImport ? [try negated(inputs.tensor(0))] : nil },
    sizes: { _, inputs in
      guard let x = inputs[0], x.type == .int64 else { return nil }
      return [SymbolicTensor(x.dims, x.elements.compactMap(\.size).map { Size(1) - $0 })]
    }
  ) { [try $0.negated($0.number($0.input(0)))] },
  "IsNaN": .lowered { [try $0.negated($0.compare(.equal, $0.input(0), $0.input(0)))] },
  "IsInf": .lowered { [try isInfinite($0)] },
  "Where": .either({ _, inputs in inputs.areForImport ? [try selected(inputs)] : nil }, sizes: selectedSizes) {
    [try select($0)]
  },
]

private typealias Emit = (NodeImport, Operand, Operand) throws -> Operand

private func comparison(
  _ integers: @escaping (Int64, Int64) -> Bool, _ floats: @escaping (Float, Float) -> Bool,
  _ sizes: @escaping (Size, Size) -> Size,
  _ emit: @escaping Emit
) -> OperatorHandler {
  let fold = ElementwiseFold(integers: { integers($0, $1) ? 1 : 0 }, floats: { floats($0, $1) ? 1 : 0 })
  return .either(
    { _, inputs in
      guard inputs.areForImport else { return nil }
      let result = try fold(inputs.tensor(0), inputs.tensor(1))
      return [Tensor(result.dims, result.asFloats.map { Int64($0) })]
    },
    sizes: { _, inputs in
      guard inputs.allSatisfy({ $0?.type == .int64 }) else { return nil }
      return try foldSizes(inputs) { a, b in a.size.flatMap { a in b.size.map { .integer(sizes(a, $0)) } } }
    }
  ) { node in [try emit(node, node.input(0), node.input(1))] }
}

private func logical(
  _ function: @escaping (Bool, Bool) -> Bool, _ sizes: @escaping (Size, Size) -> Size, _ emit: @escaping Emit
) -> OperatorHandler {
  comparison({ function($0 != 0, $1 != 0) }, { function($0 != 0, $1 != 0) }, sizes) {
    try emit($0, $0.number($1), $0.number($2))
  }
}

extension NodeImport {
  /// Two numbers or two Booleans.
  func compare(_ function: BinaryFunction, _ left: Operand, _ right: Operand) throws -> Operand {
    // Integers are compared as such.
    if left.type == right.type { return try emit(.binary(Binary(function)), left, right) }
    return try emit(.binary(Binary(function)), number(left), number(right))
  }

  /// Where a float32 number is 0.
  func negated(_ operand: Operand) throws -> Operand { try emit(.binary(Binary(.equal)), operand, scalar(0)) }
}

private func isInfinite(_ node: NodeImport) throws -> Operand {
  let x = try node.input(0)
  let infinity = node.scalar(.infinity)
  switch (try node.flag("detect_negative", default: true), try node.flag("detect_positive", default: true)) {
  case (true, true): return try node.compare(.equal, node.emit(.unary(Unary(.abs)), x), infinity)
  case (false, true): return try node.compare(.equal, x, infinity)
  case (true, false): return try node.compare(.equal, x, node.scalar(-.infinity))
  case (false, false): return try node.compare(.less, infinity, x)
  }
}

// MARK: Selection

/// The choices with -0 for what is not taken, added: of neither a NaN is seen where it is not taken.
private func select(_ node: NodeImport) throws -> Operand {
  let condition = try node.number(node.input(0))
  let choices = try [node.input(1), node.input(2)]
  let isInteger = choices.allSatisfy { $0.type == .int64 }
  let numbers = choices.map(node.asFloat)
  guard numbers.allSatisfy({ $0.type == .float32 }), !isInteger || choices.allSatisfy(\.isExactAsFloat) else {
    throw ONNXError("integers are only chosen where they are known when the model is imported, and up to 2²⁴")
  }
  let first = try node.emit(.binary(Binary(.mask)), condition, numbers[0])
  let second = try node.emit(.binary(Binary(.mask)), node.negated(condition), numbers[1])
  let chosen = try node.emit(.binary(Binary(.add)), first, second)
  return isInteger ? try node.emit(.cast(Cast(.int64)), chosen) : chosen
}

extension Operand {
  /// Whether all elements are known integers that are float32 numbers.
  fileprivate var isExactAsFloat: Bool {
    guard case .int64(let values)? = constant?.elements else { return false }
    return values.allSatisfy { $0.magnitude <= 1 << 24 }
  }
}

private func negated(_ tensor: Tensor) throws -> Tensor {
  Tensor(tensor.dims, tensor.asFloats.map { $0 == 0 ? Int64(1) : 0 })
}

private func selectedSizes(_ node: NodeImport, _ inputs: [SymbolicTensor?]) throws -> [SymbolicTensor]? {
  guard inputs.count == 3, let condition = inputs[0], let left = inputs[1], let right = inputs[2],
    left.type == right.type
  else { return nil }
  let dims = try broadcastDims(condition.dims, broadcastDims(left.dims, right.dims))
  let conditions = try condition.broadcast(to: dims)
  let choices = (try left.broadcast(to: dims), try right.broadcast(to: dims))
  let elements = conditions.indices.compactMap { index -> SymbolicNumber? in
    guard let condition = conditions[index].size else { return nil }
    if let constant = condition.constant { return constant != 0 ? choices.0[index] : choices.1[index] }
    guard let left = choices.0[index].size, let right = choices.1[index].size else { return nil }
    return .integer(.select(condition, left, right))
  }
  return elements.count == conditions.count ? [SymbolicTensor(dims, left.type, elements)] : nil
}

private func selected(_ inputs: [Tensor?]) throws -> Tensor {
  let condition = try inputs.tensor(0)
  let left = try inputs.tensor(1)
  let right = try inputs.tensor(2)
  let dims = try broadcastDims(condition.dims, broadcastDims(left.dims, right.dims))
  let isLeft = try condition.broadcast(to: dims).asFloats.map { $0 != 0 }
  let choices = (try left.broadcast(to: dims), try right.broadcast(to: dims))
  func choose<Element>(_ left: [Element], _ right: [Element]) -> [Element] {
    isLeft.indices.map { isLeft[$0] ? left[$0] : right[$0] }
  }
  switch (choices.0.numbers, choices.1.numbers) {
  case (.integers(let left), .integers(let right)): return Tensor(dims, choose(left, right))
  default: return Tensor(dims, choose(choices.0.asFloats, choices.1.asFloats))
  }
}
