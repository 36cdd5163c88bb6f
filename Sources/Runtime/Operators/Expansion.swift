import CPrefactor
import PrefactorModelFormat

extension Expansion {
  func outputShape(_ inputs: InputShapes) throws(Failure) -> Shape {
    let input = try inputs.tensor(0)
    var target = Shape(type: input.type)
    for axis in 0..<(try Shape.checkedRank(rank)) { target.append(try input.dimension(describedBy: dims[axis])) }
    return try input.broadcast(with: target)
  }

  package func run(_ context: some DataMovement) {
    guard let input = context.input(0) else { return }
    let output = context.output.shape
    var walk = StridedWalk()
    for axis in 0..<output.rank {
      walk.append(size: output[axis], output.step(axis), input.shape.step(axis, broadcastTo: output.rank))
    }
    context.copy(input, walk)
  }
}
