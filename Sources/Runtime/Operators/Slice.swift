import CPrefactor
import PrefactorModelFormat

extension Slice {
  func outputShape(_ inputs: InputShapes) throws(Failure) -> Shape {
    var output = try inputs.tensor(0)
    for axis in 0..<output.rank {
      guard steps[axis] != 0 else { throw Failure(PF_ERROR_BAD_MODEL, "the step of axis # is 0", axis) }
      output[axis] = range(axis, size: output[axis]).count
    }
    return output
  }

  package func run(_ context: some DataMovement) {
    guard let input = context.input(0) else { return }
    let output = context.output.shape
    var walk = StridedWalk()
    var offset = 0
    for axis in 0..<output.rank {
      let step = input.step(axis)
      offset += range(axis, size: input.shape[axis]).start * step
      // The step along an axis of size 1 is not taken, and may be large.
      if output[axis] > 1 { walk.append(size: output[axis], context.output.step(axis), Int(steps[axis]) * step) }
    }
    context.copy(input, walk, to: 0, from: offset)
  }

  /// The only axis of which not all is taken, and the first index that is, where those taken are neighbours; nil for
  /// other slices.
  func consecutive(_ input: Shape) -> (axis: Int, start: Int)? {
    var found: (axis: Int, start: Int)?
    for axis in 0..<input.rank {
      let (start, count) = range(axis, size: input[axis])
      if count == input[axis] && (steps[axis] == 1 || count == 1) { continue }
      guard found == nil, steps[axis] == 1 || count == 1 else { return nil }
      found = (axis, start)
    }
    return found
  }

  /// The first index taken along an axis, and how many.
  private func range(_ axis: Int, size: Int) -> (start: Int, count: Int) {
    let isForward = steps[axis] > 0
    let highest = isForward ? size : size - 1
    let start = cut(starts[axis], size: size, to: 0, highest)
    // Backwards, the place before the first element is where all may end.
    let end = cut(ends[axis], size: size, to: isForward ? 0 : -1, highest)
    let distance = isForward ? end - start : start - end
    return (start, distance <= 0 ? 0 : (distance - 1) / Int(min(steps[axis].magnitude, UInt32(Int32.max))) + 1)
  }

  private func cut(_ index: Int32, size: Int, to lowest: Int, _ highest: Int) -> Int {
    min(max(index < 0 ? Int(index) + size : Int(index), lowest), highest)
  }
}
