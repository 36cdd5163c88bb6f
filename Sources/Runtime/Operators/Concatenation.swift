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

  func run(_ context: StepContext) {
    let axis = Int(axis)
    let outputStep = context.output.shape.step(axis) * context.output.shape[axis]
    var offset = 0
    for index in 0..<context.inputs.count {
      guard let input = context.input(index), input.shape.count > 0 else { continue }
      let inputStep = input.shape.step(axis) * input.shape[axis]
      var walk = StridedWalk()
      walk.append(size: input.shape.count / inputStep, outputStep, inputStep)
      walk.append(size: inputStep, 1, 1)
      context.copy(input, walk, to: offset)
      offset += inputStep
    }
  }
}
