import PrefactorGraph
import PrefactorModelFormat

/// Operators that see the same elements in other dimensions.
let reshapeHandlers: [String: OperatorHandler] = [
  "Reshape": reshaping(reshaped), "Flatten": reshaping(flattened), "Squeeze": reshaping(squeezed),
  "Unsqueeze": reshaping(unsqueezed),
]

/// The dimensions of the result, from the input's and the sizes that are the second input.
private typealias Target = (NodeImport, _ dims: [Size], _ sizes: [Size]?) throws -> [Size]

private func reshaping(_ target: @escaping Target) -> OperatorHandler {
  .moving(
    [0],
    { node, inputs in
      let x = try inputs.tensor(0)
      let sizes = try inputs.optionalIntegers(1)?.map { Size($0) }
      let dims = try target(node, x.dims.map { Size($0) }, sizes).map { $0.constant ?? -1 }
      guard try elementCount(dims) == x.count else {
        throw ONNXError("\(x.count) elements do not fit the dimensions \(dims)")
      }
      return [x.reshaped(to: dims)]
    }
  ) { node in
    let x = try node.input(0)
    return [try node.reshape(x, to: target(node, x.dims, node.optional(1) == nil ? nil : node.sizes(1)))]
  }
}

private func reshaped(_ node: NodeImport, _ dims: [Size], _ sizes: [Size]?) throws -> [Size] {
  guard let sizes else { throw ONNXError("input 1 is missing") }
  let allowsZero = try node.flag("allowzero")
  var target = try sizes.enumerated().map { axis, size in
    guard !allowsZero, !node.importer.isPositive(size) else { return size }
    if let number = size.constant {
      guard number == 0 else { return size }
      guard axis < dims.count else {
        throw ONNXError("dimension \(axis) is to be copied from an input of rank \(dims.count)")
      }
      return dims[axis]
    }
    // Where it is below 0 the runtime refuses it, though -1 would mean something.
    let atZero = axis < dims.count ? dims[axis] : size
    return Size.whereNegative(-size, size, Size.whereNegative(size, Size(-2), atZero))
  }
  let inferred = target.indices.filter { target[$0].constant == -1 }
  guard inferred.count <= 1, target.allSatisfy({ $0.constant ?? 0 >= -1 }) else {
    throw ONNXError("a shape of \(sizes.map { $0.constant ?? 0 })")
  }
  if let axis = inferred.first {
    target[axis] = Size(1)
    let known = target.product
    let count = dims.product
    if known.constant == 0 { target[axis] = Size(0) } else { target[axis] = count.floorDivided(by: known) }
  }
  return target
}

private func flattened(_ node: NodeImport, _ dims: [Size], _: [Size]?) throws -> [Size] {
  let axis = try node.int("axis", default: 1)
  guard axis >= -dims.count, axis <= dims.count else {
    throw ONNXError("axis \(axis) of a tensor of rank \(dims.count)")
  }
  let split = axis < 0 ? axis + dims.count : axis
  return [dims[..<split].product, dims[split...].product]
}

private func squeezed(_ node: NodeImport, _ dims: [Size], _ sizes: [Size]?) throws -> [Size] {
  guard let named = try axisList(node, sizes) else {
    if let unclear = dims.first(where: { $0.constant == nil && $0.bounds.lower <= 1 }) {
      throw node.dependsOnSize("the rank of the result", [unclear])
    }
    return dims.filter { $0.constant != 1 }
  }
  let axes = try node.axes(named, rank: dims.count)
  // Of an open axis, the runtime sees by the number of elements whether it is 1.
  for axis in axes {
    if let size = dims[axis].constant, size != 1 { throw ONNXError("axis \(axis) has \(size) elements, not 1") }
  }
  return dims.indices.filter { !axes.contains($0) }.map { dims[$0] }
}

private func unsqueezed(_ node: NodeImport, _ dims: [Size], _ sizes: [Size]?) throws -> [Size] {
  guard let named = try axisList(node, sizes) else { throw ONNXError("the axes are missing") }
  let rank = dims.count + named.count
  let axes = try node.axes(named, rank: rank)
  var rest = dims[...]
  return (0..<rank).map { axes.contains($0) ? Size(1) : rest.removeFirst() }
}

/// Axes are an attribute before opset 13.
private func axisList(_ node: NodeImport, _ sizes: [Size]?) throws -> [Int]? {
  if node.opset < 13 { return try node.ints("axes") }
  return try sizes?.map { size in if let axis = size.constant { axis } else { throw node.dependsOnSize("axes", [size]) }
  }
}
