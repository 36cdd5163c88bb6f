import CPrefactor
import PrefactorModelFormat

extension Concatenation {
  func outputShape(_ inputs: InputShapes) throws(Failure) -> Shape {
    var output = try inputs.tensor(0)
    let axis = try output.axis(axis)
    for index in 1..<max(inputs.count, 1) {
      let input = try inputs.tensor(index)
      var comparable = input
      if input.rank > axis { comparable[axis] = output[axis] }
      guard comparable == output else {
        throw Failure(PF_ERROR_SHAPE, "input # does not fit the first one outside axis #", index, axis)
      }
      output[axis] += input[axis]
      output = try output.checked()
    }
    return output
  }

  /// Copies the inputs that do not lie in the output already.
  package func run(_ context: some DataMovement) {
    let axis = Int(axis)
    let output = context.output
    var offset = 0
    for index in 0..<context.inputCount {
      guard let input = context.input(index), input.shape.count > 0 else { continue }
      if !context.isInPlace(input, at: offset) { context.copy(input, walk(input, output), to: offset, from: 0) }
      offset += input.shape[axis] * output.step(axis)
    }
  }

  private func walk(_ input: some Strided, _ output: some Strided) -> StridedWalk {
    let shape = input.shape
    let axis = Int(axis)
    let last = shape.rank - 1
    var walk = StridedWalk()
    if axis < last {
      walk.append(size: shape.count(0..<axis), output.shape[axis] * output.step(axis), shape[axis] * input.step(axis))
      walk.append(size: shape.count(axis..<last), output.pixelStride, input.pixelStride)
    } else {
      walk.append(size: shape.pixels, output.pixelStride, input.pixelStride)
    }
    walk.append(size: shape.channels, 1, 1)
    return walk
  }
}
