import PrefactorGraph
import PrefactorModelFormat

/// Operators that copy elements to other places.
let movementHandlers: [String: OperatorHandler] = [
  "Transpose": .either({ node, inputs in
    let x = try inputs.tensor(0)
    return [x.transposed(try permutation(node, rank: x.dims.count))]
  }) { node in
    let x = try node.input(0)
    return [try node.transpose(x, permutation(node, rank: x.rank))]
  },
  "Expand": .either({ _, inputs in
    let x = try inputs.tensor(0)
    return [try x.broadcast(to: broadcastDims(x.dims, inputs.tensor(1).integers()))]
  }, expand),
  "Tile": .lowered(tile), "Pad": .lowered(pad),
]

private func permutation(_ node: NodeImport, rank: Int) throws -> [Int] {
  let permutation = try node.ints("perm") ?? Array((0..<rank).reversed())
  guard permutation.sorted() == Array(0..<rank) else { throw ONNXError("perm \(permutation) of a tensor of rank \(rank)") }
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

private func expand(_ node: NodeImport) throws -> [Operand] {
  let x = try node.input(0)
  let targets = try zip(x.shapes, node.integers(1)).map { try broadcastDims($0.dims, $1) }
  var operation = Expansion()
  operation.rank = Int32(targets[0].count)
  for (axis, dimension) in try node.dimensions(targets, of: x).enumerated() {
    guard let dimension else { throw node.dependsOnSize("dimension \(axis) of the result") }
    operation.dims[axis] = dimension
  }
  return [try node.emit(.expansion(operation), x)]
}

private func tile(_ node: NodeImport) throws -> [Operand] {
  let x = try node.input(0), repeats = try node.constantIntegers(1) ?? []
  guard repeats.count == x.rank else { throw ONNXError("\(repeats.count) repeats for a tensor of rank \(x.rank)") }
  var operation = Tile()
  for axis in repeats.indices { operation.repeats[axis] = try int32(repeats[axis]) }
  return [try node.emit(.tile(operation), x)]
}

private func pad(_ node: NodeImport) throws -> [Operand] {
  let x = try node.input(0)
  let modes = ["constant": Padding.Mode.constant, "reflect": Padding.Mode.reflect, "edge": Padding.Mode.edge]
  var operation = Padding()
  operation.mode = try node.choice("mode", default: "constant", modes)
  operation.value = try node.opset < 11 ? node.float("value", default: 0) : node.optional(2) == nil ? 0 : node.constantElements(2).scalar()
  let axes = try node.constantIntegers(3).map { try node.axes($0, rank: x.rank) } ?? Array(0..<x.rank)
  let pads = try node.integers(attribute: "pads", before: 11, input: 1) ?? []
  guard pads.count == 2 * axes.count else { throw ONNXError("\(pads.count) pads for \(axes.count) axes") }
  for (index, axis) in axes.enumerated() {
    operation.before[axis] = try int32(pads[index])
    operation.after[axis] = try int32(pads[index + axes.count])
  }
  return [try node.emit(.padding(operation), x)]
}
