import PrefactorGraph
import PrefactorModelFormat

/// Operators that take parts of tensors, or join them.
let slicingHandlers: [String: OperatorHandler] = [
  "Slice": .moving(
    [0],
    { node, inputs in
      let slice = try SliceAxes(node, rank: inputs.tensor(0).dims.count) { index in
        index < inputs.count ? try inputs[index]?.integers().map { Size($0) } : nil
      }
      return [try sliced(inputs.tensor(0), slice)]
    }
  ) { [try slice($0)] },
  "Gather": .moving(
    [0],
    { node, inputs in
      [
        try gathered(
          inputs.tensor(0), inputs.tensor(1),
          axis: node.axis(node.int("axis", default: 0), rank: inputs.tensor(0).dims.count))
      ]
    }
  ) { [try gather($0)] },
  "Split": .moving(
    [0],
    { node, inputs in
      let x = try inputs.tensor(0)
      let axis = try node.axis(node.int("axis", default: 0), rank: x.dims.count)
      let given = try inputs.optionalIntegers(1)?.map { Size($0) }
      return try parts(node, size: Size(x.dims[axis]), given: given).ranges.map { part in
        guard let start = part.start.constant, let end = part.end.constant else { throw node.dependsOnSize("split") }
        return try x.selected(axis: axis, Array(start..<end))
      }
    }, split),
  "Concat": .moving(
    nil,
    { node, inputs in
      [try concatenated(inputs.indices.map(inputs.tensor), axis: node.int("axis", default: 0))]
    }, concat),
]

// MARK: Slice

/// The parameters of Slice for the axes that it names.
private struct SliceAxes {
  var axes: [Int], starts: [Size], ends: [Size], steps: [Int]

  init(_ node: NodeImport, rank: Int, inputs: (Int) throws -> [Size]?) throws {
    let isAttributes = node.opset < 10
    func list(_ name: String, _ index: Int) throws -> [Size]? {
      try isAttributes ? node.ints(name)?.map { Size($0) } : inputs(index)
    }
    func constants(_ sizes: [Size]?) throws -> [Int]? {
      try sizes.map {
        try $0.map { size in
          if let number = size.constant { number } else { throw node.dependsOnSize("axes or steps", [size]) }
        }
      }
    }
    guard let starts = try list("starts", 1), let ends = try list("ends", 2) else {
      throw ONNXError("starts or ends are missing")
    }
    let axes = try constants(list("axes", 3))
    let steps = try isAttributes ? nil : constants(inputs(4))
    self.starts = starts
    self.ends = ends
    self.axes = try node.axes(axes ?? Array(starts.indices), rank: rank)
    self.steps = steps ?? starts.map { _ in 1 }
    guard ends.count == starts.count, self.axes.count == starts.count, self.steps.count == starts.count,
      !self.steps.contains(0)
    else {
      throw ONNXError("starts, ends, axes and steps do not fit each other")
    }
  }
}

private func sliced(_ tensor: Tensor, _ slice: SliceAxes) throws -> Tensor {
  var result = tensor
  for (index, axis) in slice.axes.enumerated() {
    let size = tensor.dims[axis]
    let step = slice.steps[index]
    func cut(_ index: Size, _ lowest: Int) -> Int {
      let index = index.constant ?? 0
      return min(max(index < 0 ? index + size : index, lowest), step > 0 ? size : size - 1)
    }
    // Backwards, the place before the first element is where all may end.
    let start = cut(slice.starts[index], 0)
    let end = cut(slice.ends[index], step > 0 ? 0 : -1)
    result = try result.selected(axis: axis, Array(stride(from: start, to: end, by: step)))
  }
  return result
}

private func slice(_ node: NodeImport) throws -> Operand {
  let x = try node.input(0)
  let slice = try SliceAxes(node, rank: x.rank) { node.optional($0) == nil ? nil : try node.sizes($0) }
  return try node.slice(
    x, slice.axes.indices.map { (slice.axes[$0], slice.starts[$0], slice.ends[$0], slice.steps[$0]) })
}

// MARK: Gather

private func gathered(_ tensor: Tensor, _ indices: Tensor, axis: Int) throws -> Tensor {
  let places = try places(indices, size: tensor.dims[axis])
  return try tensor.selected(axis: axis, places).reshaped(
    to: tensor.dims[..<axis] + indices.dims + tensor.dims[(axis + 1)...])
}

private func places(_ indices: Tensor, size: Int) throws -> [Int] {
  try indices.integers().map { index in
    guard index >= -size, index < size else { throw ONNXError("index \(index) of an axis of \(size) elements") }
    return index < 0 ? index + size : index
  }
}

/// A single place is a slice.
private func gather(_ node: NodeImport) throws -> Operand {
  let x = try node.input(0)
  let axis = try node.axis(node.int("axis", default: 0), rank: x.rank)
  let elements = try node.elements(1)
  let dims = x.dims[..<axis] + elements.dims.map { Size($0) } + x.dims[(axis + 1)...]
  let gathered: Operand
  if let place = elements.elements.first?.size, elements.elements.count == 1, elements.constant == nil {
    guard place.isNonNegative else { throw node.dependsOnSize(node.proto.input[1], [place]) }
    let slice = try node.slice(x, [(axis, place, place + 1, 1)])
    gathered = (x.dims[axis] - place).isPositive ? slice : try node.refuseOthers(slice, axis, Size(1))
  } else {
    let indices = try node.constantElements(1).integers()
    // Where the axis is open, indices from its end stay such.
    let kept =
      try x.dims[axis].constant.map { try places(Tensor([indices.count], indices.map(Int64.init)), size: $0) }
      ?? indices
    // Where there may be no such place, it is the gather that refuses the others.
    if kept.count == 1 && kept[0] >= 0 && (x.dims[axis] - kept[0]).isPositive {
      gathered = try node.slice(x, [(axis, Size(kept[0]), Size(kept[0]) + 1, 1)])
    } else {
      var operation = Gather()
      operation.axis = Int32(axis)
      gathered = try node.emit(.gather(operation), x, node.constant(Tensor([kept.count], kept.map(Int64.init))))
    }
  }
  return elements.dims.count == 1 ? gathered : try node.reshape(gathered, to: Array(dims))
}

// MARK: Split

/// The range of each output, and what is below 0 at sizes that have no such split.
private func parts(_ node: NodeImport, size: Size, given: [Size]?) throws -> (
  ranges: [(start: Size, end: Size)], conditions: [Size]
) {
  let count = try node.int("num_outputs", default: node.proto.output.count)
  guard count == node.proto.output.count, count > 0 else {
    throw ONNXError("num_outputs \(count) with \(node.proto.output.count) outputs")
  }
  // From opset 18 on, the last part may be smaller than the others.
  let equal = size.ceilingDivided(by: Size(count))
  let last = node.opset < 18 ? equal : size - equal * (count - 1)
  let listed = try node.opset < 13 ? node.ints("split")?.map { Size($0) } : given
  let sizes = listed ?? Array(repeating: equal, count: count - 1) + [last]
  // All elements go somewhere.
  let rest = size - sizes.reduce(Size(0), +)
  let conditions = sizes + [rest, -rest]
  guard sizes.count == count, conditions.allSatisfy({ $0.bounds.upper >= 0 }) else {
    throw ONNXError(
      """
      an axis of \(size.constant.map(String.init) ?? "an open number of") elements does not split into \
      \(sizes.compactMap(\.constant))
      """
    )
  }
  var start = Size(0)
  let ranges = sizes.map { size in
    defer { start = start + size }
    return (start, start + size)
  }
  return (ranges, conditions.filter { !$0.isNonNegative })
}

private func split(_ node: NodeImport) throws -> [Operand] {
  let x = try node.input(0)
  let axis = try node.axis(node.int("axis", default: 0), rank: x.rank)
  let given = node.optional(1) == nil ? nil : try node.sizes(1)
  let (ranges, conditions) = try parts(node, size: x.dims[axis], given: given)
  return try ranges.map { start, end in
    let slice = try node.slice(x, [(axis, start, end, 1)])
    if conditions.isEmpty { return slice }
    return try node.refuseOthers(slice, axis, conditions.reduce(end - start) { .whereNegative($1, Size(-1), $0) })
  }
}

extension NodeImport {
  /// The same operand, for sizes at which an axis has so many elements; a session with others is refused.
  fileprivate func refuseOthers(_ x: Operand, _ axis: Int, _ size: Size) throws -> Operand {
    var operation = Reshape.unchanged(rank: x.rank)
    var bound: [Int: SymbolicNumber] = [:]
    // -1 would be inferred.
    operation.dims[axis] = try attribute(.whereNegative(size, Size(-2), size), word: 1 + axis, &bound)
    return try emit(.reshape(operation), bound: bound, x)
  }
}

// MARK: Concat

private func concatenated(_ tensors: [Tensor], axis: Int) throws -> Tensor {
  guard let first = tensors.first, axis >= -first.dims.count, axis < first.dims.count else {
    throw ONNXError("axis \(axis) is not one of the inputs' axes")
  }
  let axis = axis < 0 ? axis + first.dims.count : axis
  // Moved to the front, the axis is joined by appending.
  let order = [axis] + first.dims.indices.filter { $0 != axis }
  let moved = try tensors.map { tensor in
    guard tensor.type == first.type, tensor.dims.count == first.dims.count,
      order.dropFirst().allSatisfy({ tensor.dims[$0] == first.dims[$0] })
    else { throw ONNXError("the inputs' types or dimensions differ") }
    return tensor.transposed(order)
  }
  let dims = [clampedSum(moved.map { $0.dims[0] })] + moved[0].dims.dropFirst()
  _ = try foldedCount(dims)
  let joined = first.type == .int64 ? Tensor(dims, moved.flatMap(\.int64s)) : Tensor(dims, moved.flatMap(\.floats))
  return joined.transposed(order.indices.map { order.firstIndex(of: $0)! })
}

private func concat(_ node: NodeImport) throws -> [Operand] {
  var operands = try node.allInputs()
  // Booleans, of which some are known.
  if operands.contains(where: { $0.type != operands[0].type }) { operands = try operands.map(node.number) }
  return [try node.concatenate(operands, axis: node.axis(node.int("axis", default: 0), rank: operands[0].rank))]
}

extension NodeImport {
  func concatenate(_ operands: [Operand], axis: Int) throws -> Operand {
    var operation = Concatenation()
    operation.axis = Int32(axis)
    return try importer.append(.concatenation(operation), operands, name: name)
  }
}
