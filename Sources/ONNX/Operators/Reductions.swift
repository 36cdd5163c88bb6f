import KernelContract
import PrefactorGraph
import PrefactorModelFormat

let reductionHandlers: [String: OperatorHandler] = [
  "ReduceMean": .lowered { try reduce($0, PF_REDUCE_MEAN, axesAreInputFrom: 18) },
  "ReduceSum": .either({ try fold($0, $1, axesAreInputFrom: 13) { $0.reduce(0, &+) } }) { try reduce($0, PF_REDUCE_SUM, axesAreInputFrom: 13) },
  "ReduceMax": .either({ try fold($0, $1, axesAreInputFrom: 18) { $0.max() } }) { try reduce($0, PF_REDUCE_MAX, axesAreInputFrom: 18) },
  "ReduceMin": .either({ try fold($0, $1, axesAreInputFrom: 18) { $0.min() } }) { try reduce($0, PF_REDUCE_MIN, axesAreInputFrom: 18) },
  "ReduceProd": .folded { try fold($0, $1, axesAreInputFrom: 18) { $0.reduce(1, &*) } },
  "ArgMax": .lowered { [try argMax($0)] },
]

/// The axes to reduce; nil where there are none and the input stays as it is.
private func axes(_ node: NodeImport, _ named: [Int]?, rank: Int) throws -> [Int]? {
  let isNothing = try node.flag("noop_with_empty_axes")
  guard let named, !named.isEmpty else { return isNothing ? nil : Array(0..<rank) }
  return try node.axes(named, rank: rank)
}

private func reduce(_ node: NodeImport, _ function: pf_reduction, axesAreInputFrom opset: Int) throws -> [Operand] {
  let x = try node.input(0), keepDims = try node.flag("keepdims", default: true)
  guard let axes = try axes(node, node.integers(attribute: "axes", before: opset, input: 1), rank: x.rank) else { return [x] }
  return [try node.reduce(x, function, axes: axes, keepDims: keepDims)]
}

extension NodeImport {
  func reduce(_ x: Operand, _ function: pf_reduction, axes: [Int], keepDims: Bool = true) throws -> Operand {
    var operation = Reduction(function)
    operation.axes = axes.reduce(0) { $0 | 1 << Int32($1) }
    operation.keepDims = keepDims ? 1 : 0
    return try emit(.reduction(operation), x)
  }
}

private func argMax(_ node: NodeImport) throws -> Operand {
  let x = try node.input(0)
  var operation = ArgMax()
  operation.axis = Int32(try node.axis(node.int("axis", default: 0), rank: x.rank))
  operation.keepDims = try node.flag("keepdims", default: true) ? 1 : 0
  operation.selectLast = try node.flag("select_last_index") ? 1 : 0
  return try node.emit(.argMax(operation), x)
}

/// A reduction of integers; nil is the result for none that has no neutral element.
private func fold(
  _ node: NodeImport, _ inputs: [Tensor?], axesAreInputFrom opset: Int, _ function: ([Int64]) -> Int64?
) throws -> [Tensor] {
  let x = try inputs.tensor(0), keepDims = try node.flag("keepdims", default: true)
  let named = try node.opset < opset ? node.ints("axes") : inputs.optionalIntegers(1)
  guard let axes = try axes(node, named, rank: x.dims.count) else { return [x] }
  guard x.type == .int64 else { throw ONNXError("floating-point constants are not supported") }
  // With the reduced axes innermost, each result is that of a run of elements.
  let kept = x.dims.indices.filter { !axes.contains($0) }
  let moved = x.transposed(kept + axes).int64s
  let length = axes.reduce(1) { $0 * x.dims[$1] }
  let results = try (0..<kept.reduce(1) { $0 * x.dims[$1] }).map { index in
    guard let result = function(Array(moved[index * length..<(index + 1) * length])) else { throw ONNXError("there are no elements") }
    return result
  }
  let dims = keepDims ? x.dims.indices.map { axes.contains($0) ? 1 : x.dims[$0] } : kept.map { x.dims[$0] }
  return [Tensor(dims, results)]
}
