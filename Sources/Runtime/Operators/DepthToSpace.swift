import CPrefactor
import PrefactorModelFormat

extension DepthToSpace {
  func outputShape(_ inputs: InputShapes) throws(Failure) -> Shape {
    let image = try inputs.image()
    guard blockHeight >= 1, blockWidth >= 1, blockHeight <= Limit.extent, blockWidth <= Limit.extent else {
      throw Failure(PF_ERROR_BAD_MODEL, "a block of # × # is out of range", Int(blockHeight), Int(blockWidth))
    }
    guard mode == Mode.depthColumnRow || mode == Mode.columnRowDepth else {
      throw Failure(PF_ERROR_BAD_MODEL, "# is not a known channel order", Int(mode))
    }
    let height = Int(blockHeight)
    let width = Int(blockWidth)
    let (block, overflow) = height.multipliedReportingOverflow(by: width)
    if inverse != 0 {
      guard !overflow, block <= Limit.extent, image[1] % height == 0, image[2] % width == 0 else {
        throw Failure(PF_ERROR_SHAPE, "an image of # × # does not divide into blocks", image[1], image[2])
      }
      return Shape.image(image[0], image[1] / height, image[2] / width, image[3] * block)
    }
    guard !overflow, image[3] % block == 0 else {
      throw Failure(PF_ERROR_SHAPE, "# channels do not divide into blocks", image[3])
    }
    return Shape.image(image[0], image[1] * height, image[2] * width, image[3] / block)
  }

  package func run(_ context: some DataMovement) {
    guard let input = context.input(0) else { return }
    let isInverse = inverse != 0
    let space = isInverse ? input.shape : context.output.shape
    let depth = isInverse ? context.output.shape : input.shape
    let height = Int(blockHeight)
    let width = Int(blockWidth)
    let channels = space[3]
    let isDepthFirst = mode == Mode.depthColumnRow
    let channelStep = isDepthFirst ? 1 : height * width
    let columnStep = isDepthFirst ? channels : 1

    var walk = StridedWalk()
    func append(_ size: Int, space: Int, depth: Int) {
      if isInverse { walk.append(size: size, depth, space) } else { walk.append(size: size, space, depth) }
    }
    append(space[0], space: space.step(0), depth: depth.step(0))
    append(depth[1], space: height * space.step(1), depth: depth.step(1))
    append(height, space: space.step(1), depth: width * columnStep)
    append(depth[2], space: width * space.step(2), depth: depth.step(2))
    append(width, space: space.step(2), depth: columnStep)
    append(channels, space: 1, depth: channelStep)
    context.copy(input, walk)
  }
}
