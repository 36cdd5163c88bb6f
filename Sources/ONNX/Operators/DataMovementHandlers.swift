import PrefactorGraph
import PrefactorModelFormat

/// Operators that copy elements to other places.
let dataMovementHandlers: [String: OperatorHandler] = [
  "Transpose": .moving(
    [0],
    { node, inputs in
      let x = try inputs.tensor(0)
      return [x.transposed(try permutation(node, rank: x.dims.count))]
    }
  ) { node in
    let x = try node.input(0)
    return [try node.transpose(x, permutation(node, rank: x.rank))]
  },
  "Expand": .moving(
    [0],
    { _, inputs in
      let x = try inputs.tensor(0)
      return [try x.broadcast(to: broadcastDims(x.dims, inputs.tensor(1).integers()))]
    }
  ) { [try expand($0)] },
  "Tile": .lowered(tile), "Pad": .lowered(pad),
]

private func permutation(_ node: NodeImport, rank: Int) throws -> [Int] {
  let permutation = try node.ints("perm") ?? Array((0..<rank).reversed())
  guard permutation.sorted() == Array(0..<rank) else {
    throw ONNXError("perm \(permutation) of a tensor of rank \(rank)")
  }
  return permutation
}

extension NodeImport {
  /// Output axis i is axis `permutation[i]`.
  func transpose(_ x: Operand, _ permutation: [Int]) throws -> Operand {
    var operation = Transpose()
    for (axis, source) in permutation.enumerated() { operation.permutation[axis] = try int32(source) }
    return try emit(.transpose(operation), x)
  }
}

private func expand(_ node: NodeImport) throws -> Operand {
  let x = try node.input(0)
  let target = SymbolicShape(try node.sizes(1))
  do {
    return try node.expand(x, to: x.shape.broadcast(with: target).dims)
  } catch let error as SymbolicShapeError {
    throw ONNXError(error.description)
  }
}

private func tile(_ node: NodeImport) throws -> [Operand] {
  let x = try node.input(0)
  let repeats = try node.sizes(1)
  guard repeats.count == x.rank else { throw ONNXError("\(repeats.count) repeats for a tensor of rank \(x.rank)") }
  var operation = Tile()
  var bound: [Int: SymbolicNumber] = [:]
  for axis in repeats.indices { operation.repeats[axis] = try node.attribute(repeats[axis], word: axis, &bound) }
  return [try node.emit(.tile(operation), bound: bound, x)]
}

private func pad(_ node: NodeImport) throws -> [Operand] {
  let x = try node.input(0)
  let modes = ["constant": Padding.Mode.constant, "reflect": Padding.Mode.reflect, "edge": Padding.Mode.edge]
  var operation = Padding()
  var bound: [Int: SymbolicNumber] = [:]
  operation.mode = try node.choice("mode", default: "constant", modes)
  operation.value =
    try node.opset < 11
    ? node.float("value", default: 0) : node.optional(2) == nil ? 0 : node.constantElements(2).scalar()
  let axes = try node.constantIntegers(3).map { try node.axes($0, rank: x.rank) } ?? Array(0..<x.rank)
  let pads =
    try node.opset < 11 ? (node.ints("pads") ?? []).map { Size($0) } : node.optional(1) == nil ? [] : node.sizes(1)
  guard pads.count == 2 * axes.count else { throw ONNXError("\(pads.count) pads for \(axes.count) axes") }
  for (index, axis) in axes.enumerated() {
    operation.before[axis] = try node.attribute(pads[index], word: 2 + axis, &bound)
    operation.after[axis] = try node.attribute(pads[index + axes.count], word: 10 + axis, &bound)
  }
  return [try node.emit(.padding(operation), bound: bound, x)]
}
