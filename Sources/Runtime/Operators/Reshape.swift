import CPrefactor
import PrefactorModelFormat

extension Reshape {
  func outputShape(_ inputs: InputShapes) throws(Failure) -> Shape {
    let input = try inputs.tensor(0)
    var output = Shape(type: input.type)
    var inferredAxis: Int?
    for axis in 0..<(try Shape.checkedRank(rank)) {
      if dims[axis] == Reshape.inferred {
        guard inferredAxis == nil else {
          throw Failure(PF_ERROR_BAD_MODEL, "more than one dimension is to be inferred")
        }
        inferredAxis = axis
        output.append(1)
      } else {
        output.append(try input.dimension(describedBy: dims[axis]))
      }
    }
    let count = try output.checked().count
    if let axis = inferredAxis, count > 0 { output[axis] = input.count / count }
    guard output.count == input.count else {
      throw Failure(PF_ERROR_SHAPE, "# elements do not fit a shape of #", input.count, output.count)
    }
    return output
  }

  /// Called only where the output could not be the input, seen in another shape.
  package func run(_ context: some DataMovement) {
    if let input = context.input(0) { context.copy(input) }
  }
}

extension Shape {
  public static func checkedRank(_ rank: Int32) throws(Failure) -> Int {
    guard rank >= 0, rank <= maximumRank else {
      throw Failure(
        PF_ERROR_BAD_MODEL, "a shape of # dimensions, of which at most # are allowed", Int(rank), maximumRank)
    }
    return Int(rank)
  }

  /// A dimension that is a number or `Reshape.copy` of one of this shape's.
  func dimension(describedBy value: Int32) throws(Failure) -> Int {
    value >= 0 ? Int(value) : self[try axis(-2 - value)]
  }
}
