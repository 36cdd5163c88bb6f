import PrefactorGraph
import PrefactorModelFormat

/// Booleans are the integers 0 and 1, and are known at import.
let logicHandlers: [String: OperatorHandler] = [
  "Equal": comparison(==, ==) { $0.isEqual(to: $1) }, "Less": comparison(<, <) { $0.isLess(than: $1) },
  "LessOrEqual": comparison(<=, <=) { Size(1) - $1.isLess(than: $0) }, "Greater": comparison(>, >) { $1.isLess(than: $0) },
  "GreaterOrEqual": comparison(>=, >=) { Size(1) - $0.isLess(than: $1) },
  "And": logical({ $0 && $1 }) { $0 * $1 }, "Or": logical({ $0 || $1 }) { $0 + $1 - $0 * $1 },
  "Xor": logical({ $0 != $1 }) { $0 + $1 - $0 * $1 * 2 },
  "Not": .folded({ _, inputs in [try negated(inputs.tensor(0))] }) { _, inputs in
    guard let x = inputs[0] else { return nil }
    return [SymbolicTensor(x.dims, x.elements.compactMap(\.size).map { Size(1) - $0 })]
  },
  "Where": .folded({ _, inputs in [try selected(inputs)] }, sizes: selectedSizes),
]

private func comparison(
  _ integers: @escaping (Int64, Int64) -> Bool, _ floats: @escaping (Float, Float) -> Bool, _ sizes: @escaping (Size, Size) -> Size
) -> OperatorHandler {
  let fold = ElementwiseFold(integers: { integers($0, $1) ? 1 : 0 }, floats: { floats($0, $1) ? 1 : 0 })
  return .folded({ _, inputs in
    let result = try fold(inputs.tensor(0), inputs.tensor(1))
    return [Tensor(result.dims, result.asFloats.map { Int64($0) })]
  }) { _, inputs in
    guard inputs.allSatisfy({ $0?.type == .int64 }) else { return nil }
    return try foldSizes(inputs) { a, b in a.size.flatMap { a in b.size.map { .integer(sizes(a, $0)) } } }
  }
}

private func logical(_ function: @escaping (Bool, Bool) -> Bool, _ sizes: @escaping (Size, Size) -> Size) -> OperatorHandler {
  comparison({ function($0 != 0, $1 != 0) }, { function($0 != 0, $1 != 0) }, sizes)
}

private func negated(_ tensor: Tensor) throws -> Tensor { Tensor(tensor.dims, try tensor.integers().map { $0 == 0 ? Int64(1) : 0 }) }

private func selectedSizes(_ node: NodeImport, _ inputs: [SymbolicTensor?]) throws -> [SymbolicTensor]? {
  guard inputs.count == 3, let condition = inputs[0], let left = inputs[1], let right = inputs[2], left.type == right.type else { return nil }
  let dims = try broadcastDims(condition.dims, broadcastDims(left.dims, right.dims))
  let conditions = try condition.broadcast(to: dims), choices = (try left.broadcast(to: dims), try right.broadcast(to: dims))
  let elements = conditions.indices.compactMap { index -> SymbolicNumber? in
    guard let condition = conditions[index].size else { return nil }
    if let constant = condition.constant { return constant != 0 ? choices.0[index] : choices.1[index] }
    guard let left = choices.0[index].size, let right = choices.1[index].size else { return nil }
    return .integer(.select(condition, left, right))
  }
  return elements.count == conditions.count ? [SymbolicTensor(dims, left.type, elements)] : nil
}

private func selected(_ inputs: [Tensor?]) throws -> Tensor {
  let condition = try inputs.tensor(0), left = try inputs.tensor(1), right = try inputs.tensor(2)
  guard left.type == right.type else { throw ONNXError("its choices differ in type") }
  let dims = try broadcastDims(condition.dims, broadcastDims(left.dims, right.dims))
  let isLeft = try condition.broadcast(to: dims).integers().map { $0 != 0 }
  let choices = (try left.broadcast(to: dims), try right.broadcast(to: dims))
  func choose<Element>(_ left: [Element], _ right: [Element]) -> [Element] { isLeft.indices.map { isLeft[$0] ? left[$0] : right[$0] } }
  switch (choices.0.elements, choices.1.elements) {
  case (.int64(let left), .int64(let right)): return Tensor(dims, choose(left, right))
  default: return Tensor(dims, choose(choices.0.floats, choices.1.floats))
  }
}
