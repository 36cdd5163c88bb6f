import PrefactorGraph

/// Booleans are the integers 0 and 1, and are known at import.
let logicHandlers: [String: OperatorHandler] = [
  "Equal": comparison(==, ==), "Less": comparison(<, <), "LessOrEqual": comparison(<=, <=), "Greater": comparison(>, >),
  "GreaterOrEqual": comparison(>=, >=), "And": logical { $0 && $1 }, "Or": logical { $0 || $1 }, "Xor": logical { $0 != $1 },
  "Not": .folded { _, inputs in [try negated(inputs.tensor(0))] }, "Where": .folded { _, inputs in [try selected(inputs)] },
]

private func comparison(
  _ integers: @escaping (Int64, Int64) -> Bool, _ floats: @escaping (Float, Float) -> Bool
) -> OperatorHandler {
  let fold = ElementwiseFold(integers: { integers($0, $1) ? 1 : 0 }, floats: { floats($0, $1) ? 1 : 0 })
  return .folded { _, inputs in
    let result = try fold(inputs.tensor(0), inputs.tensor(1))
    return [Tensor(result.dims, result.asFloats.map { Int64($0) })]
  }
}

private func logical(_ function: @escaping (Bool, Bool) -> Bool) -> OperatorHandler {
  comparison({ function($0 != 0, $1 != 0) }, { function($0 != 0, $1 != 0) })
}

private func negated(_ tensor: Tensor) throws -> Tensor { Tensor(tensor.dims, try tensor.integers().map { $0 == 0 ? Int64(1) : 0 }) }

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
