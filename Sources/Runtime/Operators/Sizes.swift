import CPrefactor
import PrefactorModelFormat

extension Sizes {
  func outputShape(_ inputs: InputShapes) throws(Failure) -> Shape {
    guard inputs.count == 0 else {
      throw Failure(PF_ERROR_BAD_MODEL, "has # inputs where its operation has none", inputs.count)
    }
    guard rank >= 0, rank <= 1, count >= 1, count <= Shape.maximumRank, rank == 1 || count == 1 else {
      throw Failure(PF_ERROR_BAD_MODEL, "# sizes do not make a tensor of # dimensions", Int(count), Int(rank))
    }
    var output = Shape(type: .int64)
    if rank == 1 { output.append(Int(count)) }
    return output
  }

  func run(_ context: StepContext) {
    for index in 0..<context.output.shape.count { context.output.int64s[index] = Int64(values[index]) }
  }
}
