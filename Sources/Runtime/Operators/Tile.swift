import CPrefactor
import PrefactorModelFormat

extension Tile {
  func outputShape(_ inputs: InputShapes) throws(Failure) -> Shape {
    var output = try inputs.tensor(0)
    for axis in 0..<output.rank {
      let (size, overflow) = output[axis].multipliedReportingOverflow(by: Int(repeats[axis]))
      guard repeats[axis] >= 0, !overflow else {
        throw Failure(PF_ERROR_BAD_MODEL, "axis # cannot be repeated # times", axis, Int(repeats[axis]))
      }
      output[axis] = size
    }
    return output
  }

  package func run(_ context: some DataMovement) {
    guard let input = context.input(0) else { return }
    let output = context.output.shape
    var walk = StridedWalk()
    for axis in 0..<output.rank {
      walk.append(size: Int(repeats[axis]), input.shape[axis] * output.step(axis), 0)
      walk.append(size: input.shape[axis], output.step(axis), input.shape.step(axis))
    }
    context.copy(input, walk)
  }
}
