import CPrefactor
import PrefactorModelFormat

extension Transpose {
  func outputShape(_ inputs: InputShapes) throws(Failure) -> Shape {
    let input = try inputs.tensor(0)
    var output = input
    var seen = 0
    for axis in 0..<input.rank {
      let source = try input.axis(permutation[axis])
      guard seen & (1 << source) == 0 else {
        throw Failure(PF_ERROR_BAD_MODEL, "the permutation has axis # twice", source)
      }
      seen |= 1 << source
      output[axis] = input[source]
    }
    return output
  }

  package func run(_ context: some DataMovement) {
    guard let input = context.input(0) else { return }
    let output = context.output.shape
    var walk = StridedWalk()
    for axis in 0..<output.rank {
      walk.append(size: output[axis], output.step(axis), input.step(Int(permutation[axis])))
    }
    context.copy(input, walk)
  }
}
