import CPrefactor
import PrefactorModelFormat

extension Resize {
  func outputShape(_ inputs: InputShapes) throws(Failure) -> Shape {
    let image = try inputs.image()
    guard mode == Mode.nearest || mode == Mode.linear, nearest >= Nearest.roundPreferFloor, nearest <= Nearest.ceil,
      coordinates >= Coordinates.halfPixel, coordinates <= Coordinates.halfPixelSymmetric
    else {
      throw Failure(PF_ERROR_BAD_MODEL, "mode # with coordinates # is no way to resize", Int(mode), Int(coordinates))
    }
    let height = try Resize.outputSize(image[1], size: height, scale: heightScale)
    let width = try Resize.outputSize(image[2], size: width, scale: widthScale)
    return Shape.image(image[0], height, width, image[3])
  }

  private static func outputSize(_ input: Int, size: Int32, scale: Float) throws(Failure) -> Int {
    // In single precision, as ONNX infers shapes: ⌊10 · 0.7⌋ is 7.
    let scaled = Float(input) * scale
    guard scale.isFinite, scale > 0 || (scale == 0 && size > 0), scaled < Float(Limit.extent), size >= 0, size <= Limit.extent else {
      throw Failure(PF_ERROR_BAD_MODEL, "an image side of # cannot be scaled to #", input, Int(size))
    }
    guard size > 0 || scaled >= 1 else { throw Failure(PF_ERROR_SHAPE, "an image side of # would vanish", input) }
    return size > 0 ? Int(size) : Int(scaled)
  }

  func run(_ context: StepContext) {
    guard let input = context.input(0) else { return }
    let output = context.output.shape
    var job = Job(
      vertical: ResizedAxis(self, input: input.shape[1], output: output[1], scale: heightScale),
      horizontal: ResizedAxis(self, input: input.shape[2], output: output[2], scale: widthScale),
      isLinear: mode == Mode.linear, channels: output[3], input: input.floats, output: context.output.floats,
      rows: WorkSplit(output[0] * output[1], elements: output.step(1)))
    context.threads.run(items: job.rows.items, &job) { raw, item, _ in
      raw.assumingMemoryBound(to: Job.self).pointee.compute(item)
    }
  }

  private struct Job {
    let vertical: ResizedAxis
    let horizontal: ResizedAxis
    let isLinear: Bool
    let channels: Int
    let input: UnsafePointer<Float>
    let output: UnsafeMutablePointer<Float>
    let rows: WorkSplit

    func compute(_ item: Int) {
      for row in rows.range(item) {
        let image = input + row / vertical.output * vertical.input * horizontal.input * channels
        let y = row % vertical.output
        let to = output + row * horizontal.output * channels
        if isLinear { interpolate(image, y, to) } else { pick(image, y, to) }
      }
    }

    private func pick(_ image: UnsafePointer<Float>, _ y: Int, _ output: UnsafeMutablePointer<Float>) {
      let line = image + vertical.nearest(y) * horizontal.input * channels
      for x in 0..<horizontal.output {
        (output + x * channels).update(from: line + horizontal.nearest(x) * channels, count: channels)
      }
    }

    private func interpolate(_ image: UnsafePointer<Float>, _ y: Int, _ output: UnsafeMutablePointer<Float>) {
      let vertical = vertical.neighbours(y)
      let upper = image + vertical.first * horizontal.input * channels
      let lower = image + vertical.second * horizontal.input * channels
      for x in 0..<horizontal.output {
        let horizontal = horizontal.neighbours(x)
        let upperLeft = upper + horizontal.first * channels, upperRight = upper + horizontal.second * channels
        let lowerLeft = lower + horizontal.first * channels, lowerRight = lower + horizontal.second * channels
        let to = output + x * channels
        for channel in 0..<channels {
          let above = upperLeft[channel] * (1 - horizontal.weight) + upperRight[channel] * horizontal.weight
          let below = lowerLeft[channel] * (1 - horizontal.weight) + lowerRight[channel] * horizontal.weight
          to[channel] = above * (1 - vertical.weight) + below * vertical.weight
        }
      }
    }
  }
}

/// Where along one axis of the input an output pixel lies: the formulas of ONNX's Resize, in its order of operations, on which
/// rounding may depend.
private struct ResizedAxis {
  let input: Int
  let output: Int
  private let scale: Double
  private let coordinates: Int32
  private let rounding: Int32

  init(_ resize: Resize, input: Int, output: Int, scale: Float) {
    self.input = input
    self.output = output
    self.scale = scale > 0 ? Double(scale) : Double(output) / Double(input)
    coordinates = resize.coordinates
    rounding = resize.nearest
  }

  private func coordinate(_ index: Int) -> Double {
    let x = Double(index)
    switch coordinates {
    case Resize.Coordinates.asymmetric:
      return x / scale
    case Resize.Coordinates.alignCorners:
      return output == 1 ? 0 : x * Double(input - 1) / Double(output - 1)
    case Resize.Coordinates.pytorchHalfPixel:
      return output == 1 ? 0 : (x + 0.5) / scale - 0.5
    case Resize.Coordinates.halfPixelSymmetric:
      let adjustment = Double(output) / (scale * Double(input))
      return Double(input) / 2 * (1 - adjustment) + (x + 0.5) / scale - 0.5
    default:
      return (x + 0.5) / scale - 0.5
    }
  }

  func nearest(_ index: Int) -> Int {
    let x = coordinate(index)
    switch rounding {
    case Resize.Nearest.roundPreferFloor: return inside((x - 0.5).rounded(.up))
    case Resize.Nearest.roundPreferCeil: return inside((x + 0.5).rounded(.down))
    case Resize.Nearest.floor: return inside(x.rounded(.down))
    default: return inside(x.rounded(.up))
    }
  }

  func neighbours(_ index: Int) -> (first: Int, second: Int, weight: Float) {
    let x = coordinate(index)
    let first = x.rounded(.down)
    return (inside(first), inside(first + 1), Float(x - first))
  }

  /// Cut before it becomes an integer: a tiny scale gives coordinates that fit none.
  private func inside(_ x: Double) -> Int { Int(min(max(x, 0), Double(input - 1))) }
}
