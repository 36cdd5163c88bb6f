import PrefactorGraph
import PrefactorModelFormat

/// Operators that take parts of tensors, or join them.
let slicingHandlers: [String: OperatorHandler] = [
  "Slice": .either({ node, inputs in
    [try sliced(inputs.tensor(0), SliceAxes(node, rank: inputs.tensor(0).dims.count, inputs: { try inputs.optionalIntegers($0) }))]
  }, slice),
  "Gather": .either({ node, inputs in
    [try gathered(inputs.tensor(0), inputs.tensor(1), axis: node.axis(node.int("axis", default: 0), rank: inputs.tensor(0).dims.count))]
  }, gather),
  "Split": .either({ node, inputs in
    let x = try inputs.tensor(0), axis = try node.axis(node.int("axis", default: 0), rank: x.dims.count)
    return try parts(node, size: x.dims[axis], given: inputs.optionalIntegers(1)).map { try x.selected(axis: axis, Array($0)) }
  }, split),
  "Concat": .either({ node, inputs in
    [try concatenated(inputs.indices.map(inputs.tensor), axis: node.int("axis", default: 0))]
  }, concat),
]

// MARK: Slice

/// The parameters of Slice for the axes that it names.
private struct SliceAxes {
  var axes: [Int], starts: [Int], ends: [Int], steps: [Int]

  init(_ node: NodeImport, rank: Int, inputs: (Int) throws -> [Int]?) throws {
    let isAttributes = node.opset < 10
    guard let starts = try isAttributes ? node.ints("starts") : inputs(1), let ends = try isAttributes ? node.ints("ends") : inputs(2)
    else { throw ONNXError("starts or ends are missing") }
    let axes = try isAttributes ? node.ints("axes") : inputs(3), steps = try isAttributes ? nil : inputs(4)
    self.starts = starts
    self.ends = ends
    self.axes = try node.axes(axes ?? Array(starts.indices), rank: rank)
    self.steps = steps ?? starts.map { _ in 1 }
    guard ends.count == starts.count, self.axes.count == starts.count, self.steps.count == starts.count, !self.steps.contains(0) else {
      throw ONNXError("starts, ends, axes and steps do not fit each other")
    }
  }
}

private func sliced(_ tensor: Tensor, _ slice: SliceAxes) throws -> Tensor {
  var result = tensor
  for (index, axis) in slice.axes.enumerated() {
    let size = tensor.dims[axis], step = slice.steps[index]
    // Backwards, the place before the first element is a limit too.
    let limits = step > 0 ? 0...size : -1...max(size - 1, -1)
    func cut(_ index: Int) -> Int { min(max(index < 0 ? index + size : index, limits.lowerBound), limits.upperBound) }
    result = try result.selected(axis: axis, Array(stride(from: cut(slice.starts[index]), to: cut(slice.ends[index]), by: step)))
  }
  return result
}

private func slice(_ node: NodeImport) throws -> [Operand] {
  let x = try node.input(0)
  let lists = try (1..<5).map { node.optional($0) == nil ? nil : try node.integers($0) }
  let slices = try node.trials.map { trial in try SliceAxes(node, rank: x.rank) { lists[$0 - 1]?[trial] } }
  guard slices.allSatisfy({ $0.axes == slices[0].axes && $0.steps == slices[0].steps }) else { throw node.dependsOnSize("axes or steps") }
  var operation = Slice()
  for (index, axis) in slices[0].axes.enumerated() {
    operation.starts[axis] = try node.index(slices.map { $0.starts[index] }, axis: axis, of: x)
    operation.ends[axis] = try node.index(slices.map { $0.ends[index] }, axis: axis, of: x, past: .max)
    operation.steps[axis] = Int32(clamping: slices[0].steps[index])
  }
  return [try node.emit(.slice(operation), x)]
}

// MARK: Gather

private func gathered(_ tensor: Tensor, _ indices: Tensor, axis: Int) throws -> Tensor {
  let places = try places(indices, size: tensor.dims[axis])
  return try tensor.selected(axis: axis, places).reshaped(to: tensor.dims[..<axis] + indices.dims + tensor.dims[(axis + 1)...])
}

private func places(_ indices: Tensor, size: Int) throws -> [Int] {
  try indices.integers().map { index in
    guard index >= -size, index < size else { throw ONNXError("index \(index) of an axis of \(size) elements") }
    return index < 0 ? index + size : index
  }
}

/// A single place is a slice.
private func gather(_ node: NodeImport) throws -> [Operand] {
  let x = try node.input(0), axis = try node.axis(node.int("axis", default: 0), rank: x.rank)
  let indices = try node.constantElements(1)
  let places = try places(indices, size: x.dimension(axis).min() ?? 0)
  // Where the axis is open, indices from its end stay such.
  let kept = x.staticDimension(axis) == nil ? try indices.integers() : places
  let gathered: Operand
  if kept.count == 1 && kept[0] >= 0 {
    var operation = Slice()
    operation.starts[axis] = try int32(kept[0])
    operation.ends[axis] = try int32(kept[0] + 1)
    gathered = try node.emit(.slice(operation), x)
  } else {
    var operation = Gather()
    operation.axis = Int32(axis)
    gathered = try node.emit(.gather(operation), x, node.constant(Tensor([kept.count], kept.map(Int64.init))))
  }
  if indices.dims.count == 1 { return [gathered] }
  return [try node.reshape(gathered, to: x.mapDims { $0[..<axis] + indices.dims + $0[(axis + 1)...] })]
}

// MARK: Split

/// The range of each output.
private func parts(_ node: NodeImport, size: Int, given: [Int]?) throws -> [Range<Int>] {
  let count = try node.int("num_outputs", default: node.proto.output.count)
  guard count == node.proto.output.count, count > 0 else { throw ONNXError("num_outputs \(count) with \(node.proto.output.count) outputs") }
  let equal = (size + count - 1) / count
  let sizes = try (node.opset < 13 ? node.ints("split") : given) ?? (0..<count).map { min(equal, size - $0 * equal) }
  guard sizes.count == count, sizes.allSatisfy({ $0 >= 0 && $0 <= size }), sizes.reduce(0, +) == size else {
    throw ONNXError("an axis of \(size) elements does not split into \(sizes)")
  }
  var start = 0
  return sizes.map { size in
    defer { start += size }
    return start..<(start + size)
  }
}

private func split(_ node: NodeImport) throws -> [Operand] {
  let x = try node.input(0), axis = try node.axis(node.int("axis", default: 0), rank: x.rank)
  let given = node.optional(1) == nil ? nil : try node.integers(1)
  let ranges = try node.trials.map { try parts(node, size: x.shapes[$0][axis], given: given?[$0]) }
  return try ranges[0].indices.map { part in
    var operation = Slice()
    operation.starts[axis] = try node.index(ranges.map { $0[part].lowerBound }, axis: axis, of: x)
    operation.ends[axis] = try node.index(ranges.map { $0[part].upperBound }, axis: axis, of: x, past: .max)
    return try node.emit(.slice(operation), x)
  }
}

// MARK: Concat

private func concatenated(_ tensors: [Tensor], axis: Int) throws -> Tensor {
  guard let first = tensors.first, axis >= -first.dims.count, axis < first.dims.count else { throw ONNXError("axis \(axis) is none of the inputs'") }
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
  let operands = try node.allInputs()
  return [try node.concatenate(operands, axis: node.axis(node.int("axis", default: 0), rank: operands[0].rank))]
}

extension NodeImport {
  func concatenate(_ operands: [Operand], axis: Int) throws -> Operand {
    var operation = Concatenation()
    operation.axis = Int32(axis)
    return try importer.append(.concatenation(operation), operands, name: name)
  }
}
