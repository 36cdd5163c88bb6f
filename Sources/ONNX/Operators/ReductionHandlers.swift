import PrefactorGraph
import PrefactorModelFormat

let reductionHandlers: [String: OperatorHandler] = [
  "ReduceMean": .lowered { [try reduce($0, .mean, axesAreInputFrom: 18)] },
  "ReduceSum": reduction(.sum, axesAreInputFrom: 13, { $0.reduce(0, &+) }) { $0.reduce(Size(0), +) },
  "ReduceMax": reduction(.maximum, axesAreInputFrom: 18, { $0.max() }) { sizes in
    sizes.first.map { sizes.reduce($0, Size.maximum) }
  },
  "ReduceMin": reduction(.minimum, axesAreInputFrom: 18, { $0.min() }) { sizes in
    sizes.first.map { sizes.reduce($0, Size.minimum) }
  },
  "ReduceProd": reduction(.product, axesAreInputFrom: 18, { $0.reduce(1, &*) }) { $0.product },
  "ReduceL1": sum(of: { try $0.emit(.unary(Unary(.abs)), $1) }),
  "ReduceL2": sum(of: { try $0.square($1) }, then: { try $0.emit(.unary(Unary(.sqrt)), $1) }),
  "ReduceSumSquare": sum(of: { try $0.square($1) }),
  "ReduceLogSum": sum(then: { try $0.emit(.unary(Unary(.log)), $1) }),
  "ReduceLogSumExp": .lowered { [try logarithmOfExponentials($0)] },
  "ArgMax": .lowered { [try argMax($0)] },
]

/// The axes to reduce; nil where there are none and the input stays as it is.
private func axes(_ node: NodeImport, _ named: [Int]?, rank: Int) throws -> [Int]? {
  let isNothing = try node.flag("noop_with_empty_axes")
  guard let named, !named.isEmpty else { return isNothing ? nil : Array(0..<rank) }
  return try node.axes(named, rank: rank)
}

private func reduce(
  _ node: NodeImport, _ function: ReductionFunction, of x: Operand? = nil, axesAreInputFrom opset: Int
) throws -> Operand {
  let x = try x ?? node.input(0)
  let keepDims = try node.flag("keepdims", default: true)
  guard let axes = try axes(node, node.integers(attribute: "axes", before: opset, input: 1), rank: x.rank) else {
    return x
  }
  return try node.reduce(x, function, axes: axes, keepDims: keepDims)
}

// MARK: Sums of functions

private typealias Function = (NodeImport, Operand) throws -> Operand

/// A function of the sum of another; both are applied also where no axes are reduced.
private func sum(of terms: @escaping Function = { $1 }, then result: @escaping Function = { $1 }) -> OperatorHandler {
  .lowered { node in
    [try result(node, reduce(node, .sum, of: terms(node, node.input(0)), axesAreInputFrom: 18))]
  }
}

/// The largest term's exponent is taken off first, so that none overflows; where that is infinite, the largest number,
/// so that no difference is that of infinities.
private func logarithmOfExponentials(_ node: NodeImport) throws -> Operand {
  let x = try node.input(0)
  let bound = Float.greatestFiniteMagnitude
  guard let axes = try axes(node, node.integers(attribute: "axes", before: 18, input: 1), rank: x.rank) else {
    return x
  }
  func finite(_ x: Operand) throws -> Operand { try node.emit(.unary(Unary(.clip, alpha: -bound, beta: bound)), x) }
  let keepDims = try node.flag("keepdims", default: true)
  let largest = try finite(node.reduce(x, .maximum, axes: axes))
  let terms = try node.emit(.unary(Unary(.exp)), node.emitBinary(.subtract, x, largest))
  let sum = try node.emit(.unary(Unary(.log)), node.reduce(terms, .sum, axes: axes, keepDims: keepDims))
  let offset = keepDims ? largest : try node.reshape(largest, to: sum.dims)
  return try node.emitBinary(.add, sum, offset)
}

// MARK: Integers

extension NodeImport {
  func reduce(_ x: Operand, _ function: ReductionFunction, axes: [Int], keepDims: Bool = true) throws -> Operand {
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

/// A reduction that is also one of integers at import; nil is the result for none that has no neutral element.
private func reduction(
  _ function: ReductionFunction, axesAreInputFrom opset: Int, _ integers: @escaping ([Int64]) -> Int64?,
  _ sizes: @escaping ([Size]) -> Size?
) -> OperatorHandler {
  .either(
    { node, inputs in
      guard try inputs.tensor(0).type == .int64 else { return nil }
      return try fold(node, inputs, axesAreInputFrom: opset) { x in { integers($0.map { x.int64s[$0] }) } }
    },
    sizes: { node, inputs in
      guard let x = inputs[0], x.type == .int64 else { return nil }
      let elements = x.elements.compactMap(\.size)
      // The fold is one of the elements' numbers, of which each result has a list.
      var results: [Size] = []
      let numbers = [Tensor(x.dims, elements.indices.map(Int64.init))] + inputs.dropFirst().map { $0?.constant }
      let folded = try fold(node, numbers, axesAreInputFrom: opset) { _ in
        { places in
          guard let result = sizes(places.map { elements[$0] }) else { return nil }
          results.append(result)
          return Int64(results.count - 1)
        }
      }
      return folded.map { folded in
        SymbolicTensor(folded.dims, folded.int64s.map { results.isEmpty ? elements[Int($0)] : results[Int($0)] })
      }
    }
  ) { [try reduce($0, function, axesAreInputFrom: opset)] }
}

/// `function` has the result for the elements at some places of a tensor.
private func fold(
  _ node: NodeImport, _ inputs: [Tensor?], axesAreInputFrom opset: Int, _ function: (Tensor) -> (([Int]) -> Int64?)
) throws -> [Tensor] {
  let x = try inputs.tensor(0)
  let keepDims = try node.flag("keepdims", default: true)
  let named = try node.opset < opset ? node.ints("axes") : inputs.optionalIntegers(1)
  guard let axes = try axes(node, named, rank: x.dims.count) else { return [x] }
  let reduced = function(x)
  // With the reduced axes innermost, each result is that of a run of elements.
  let kept = x.dims.indices.filter { !axes.contains($0) }
  let moved = Tensor(x.dims, (0..<x.count).map(Int64.init)).transposed(kept + axes).int64s
  let length = axes.reduce(1) { $0 * x.dims[$1] }
  let results = try (0..<kept.reduce(1) { $0 * x.dims[$1] }).map { index in
    guard let result = reduced(moved[index * length..<(index + 1) * length].map { Int($0) }) else {
      throw ONNXError("there are no elements")
    }
    return result
  }
  let dims = keepDims ? x.dims.indices.map { axes.contains($0) ? 1 : x.dims[$0] } : kept.map { x.dims[$0] }
  return [Tensor(dims, results)]
}
