import PrefactorGraph
import PrefactorModelFormat

/// Operators that see the same elements in other dimensions.
let reshapeHandlers: [String: OperatorHandler] = [
  "Reshape": reshaping(reshaped), "Flatten": reshaping(flattened), "Squeeze": reshaping(squeezed), "Unsqueeze": reshaping(unsqueezed),
]

/// The dimensions of the result, from those of the input and the integers that are the second input.
private typealias Target = (NodeImport, _ dims: [Int], _ integers: [Int]?) throws -> [Int]

private func reshaping(_ target: @escaping Target) -> OperatorHandler {
  .either({ node, inputs in
    let x = try inputs.tensor(0), dims = try target(node, x.dims, inputs.optionalIntegers(1))
    guard try elementCount(dims) == x.count else { throw ONNXError("\(x.count) elements do not fit the dimensions \(dims)") }
    return [x.reshaped(to: dims)]
  }) { node in
    let x = try node.input(0)
    let integers = node.optional(1) == nil ? nil : try node.integers(1)
    return [try node.reshape(x, to: node.trials.map { try target(node, x.shapes[$0].dims, integers?[$0]) })]
  }
}

private func reshaped(_ node: NodeImport, _ dims: [Int], _ integers: [Int]?) throws -> [Int] {
  guard let integers else { throw ONNXError("input 1 is missing") }
  let allowsZero = try node.flag("allowzero")
  var target = try integers.enumerated().map { axis, size in
    guard size == 0, !allowsZero else { return size }
    guard axis < dims.count else { throw ONNXError("dimension \(axis) is to be copied from an input of rank \(dims.count)") }
    return dims[axis]
  }
  let inferred = target.indices.filter { target[$0] == -1 }
  guard inferred.count <= 1, target.allSatisfy({ $0 >= -1 }) else { throw ONNXError("a shape of \(integers)") }
  if let axis = inferred.first {
    target[axis] = 1
    let known = try elementCount(target), count = try elementCount(dims)
    target[axis] = known == 0 ? 0 : count / known
  }
  return target
}

private func flattened(_ node: NodeImport, _ dims: [Int], _: [Int]?) throws -> [Int] {
  let axis = try node.int("axis", default: 1)
  guard axis >= -dims.count, axis <= dims.count else { throw ONNXError("axis \(axis) of a tensor of rank \(dims.count)") }
  let split = axis < 0 ? axis + dims.count : axis
  return [dims[..<split].reduce(1, *), dims[split...].reduce(1, *)]
}

private func squeezed(_ node: NodeImport, _ dims: [Int], _ integers: [Int]?) throws -> [Int] {
  let named = try node.opset < 13 ? node.ints("axes") : integers
  let axes = try named.map { try node.axes($0, rank: dims.count) } ?? dims.indices.filter { dims[$0] == 1 }
  for axis in axes where dims[axis] != 1 { throw ONNXError("axis \(axis) has \(dims[axis]) elements, not 1") }
  return dims.indices.filter { !axes.contains($0) }.map { dims[$0] }
}

private func unsqueezed(_ node: NodeImport, _ dims: [Int], _ integers: [Int]?) throws -> [Int] {
  guard let named = try node.opset < 13 ? node.ints("axes") : integers else { throw ONNXError("the axes are missing") }
  let rank = dims.count + named.count
  let axes = try node.axes(named, rank: rank)
  var rest = dims[...]
  return (0..<rank).map { axes.contains($0) ? 1 : rest.removeFirst() }
}
