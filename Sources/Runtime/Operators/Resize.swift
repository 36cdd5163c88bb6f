import CPrefactor
import KernelContract
import PrefactorModelFormat

extension Resize {
  func outputShape(_ inputs: InputShapes) throws(Failure) -> Shape {
    let image = try inputs.image()
    guard mode == Mode.nearest || mode == Mode.linear, nearest >= Nearest.roundPreferFloor, nearest <= Nearest.ceil,
      coordinates >= Coordinates.halfPixel, coordinates <= Coordinates.halfPixelSymmetric
    else {
      throw Failure(
        PF_ERROR_BAD_MODEL, "resizing with mode # and coordinates # is not known", Int(mode), Int(coordinates))
    }
    let height = try Resize.outputSize(image[1], size: height, scale: heightScale)
    let width = try Resize.outputSize(image[2], size: width, scale: widthScale)
    return Shape.image(image[0], height, width, image[3])
  }

  private static func outputSize(_ input: Int, size: Int32, scale: Float) throws(Failure) -> Int {
    // In single precision, as ONNX infers shapes: ⌊10 · 0.7⌋ is 7.
    let scaled = Float(input) * scale
    guard scale.isFinite, scale > 0 || (scale == 0 && size > 0), scaled < Float(Limit.extent), size >= 0,
      size <= Limit.extent
    else {
      throw Failure(PF_ERROR_BAD_MODEL, "an image side of # cannot be scaled to #", input, Int(size))
    }
    guard size > 0 || scaled >= 1 else { throw Failure(PF_ERROR_SHAPE, "an image side of # would vanish", input) }
    return size > 0 ? Int(size) : Int(scaled)
  }

  /// A sample for each column of the output.
  func needs(output: Shape) -> OperatorNeeds {
    OperatorNeeds(shared: Int64(output[2]) * Int64(MemoryLayout<pf_sample>.stride))
  }

  func run(_ context: StepContext) {
    guard let input = context.input(0) else { return }
    let output = context.output.shape
    let isLinear = mode == Mode.linear
    let vertical = ResizedAxis(self, input: input.shape[1], output: output[1], scale: heightScale)
    let horizontal = ResizedAxis(self, input: input.shape[2], output: output[2], scale: widthScale)
    let samples = context.sharedScratch.assumingMemoryBound(to: pf_sample.self)
    for x in 0..<output[2] { samples[x] = horizontal.sample(x, isLinear: isLinear) }
    var job = Job(
      vertical: vertical, isLinear: isLinear, samples: samples, width: output[2], channels: output[3],
      inputLine: input.step(1),
      inputStride: input.pixelStride, outputStride: context.output.pixelStride, input: input.floats,
      output: context.output.floats,
      kernels: context.kernels,
      rows: WorkSplit(output[0] * output[1], elements: output.step(1)).even(on: context.threads))
    context.threads.run(items: job.rows.items, &job) { raw, item, _ in
      raw.assumingMemoryBound(to: Job.self).pointee.compute(item)
    }
  }

  private struct Job {
    let vertical: ResizedAxis
    let isLinear: Bool
    let samples: UnsafePointer<pf_sample>
    let width: Int
    let channels: Int
    /// Floats of a row of the input.
    let inputLine: Int
    /// From pixel to pixel.
    let inputStride: Int
    let outputStride: Int
    let input: UnsafePointer<Float>
    let output: UnsafeMutablePointer<Float>
    let kernels: UnsafePointer<pf_kernels>
    let rows: WorkSplit

    func compute(_ item: Int) {
      for row in rows.range(item) {
        let image = input + row / vertical.output * vertical.input * inputLine
        let sample = vertical.sample(row % vertical.output, isLinear: isLinear)
        let lower = image + Int(sample.second) * inputLine
        var line = pf_resized_row(
          samples: samples, width: Int32(width), channels: Int32(channels), input_stride: Int64(inputStride),
          output_stride: Int64(outputStride), upper: image + Int(sample.first) * inputLine,
          lower: isLinear ? lower : nil,
          weight: sample.weight)
        kernels.pointee.resize(&line, output + row * width * outputStride)
      }
    }
  }
}

/// Where along one axis of the input an output pixel lies: the formulas of ONNX's Resize, in its order of operations,
/// on which rounding may depend.
package struct ResizedAxis {
  let input: Int
  let output: Int
  private let scale: Double, singleScale: Float
  private let coordinates: Int32
  private let rounding: Int32

  package init(_ resize: Resize, input: Int, output: Int, scale: Float) {
    self.input = input
    self.output = output
    self.scale = scale > 0 ? Double(scale) : Double(output) / Double(input)
    singleScale = scale > 0 ? scale : Float(output) / Float(input)
    coordinates = resize.coordinates
    rounding = resize.nearest
  }

  private func coordinate<Number: BinaryFloatingPoint>(_ index: Int, scale: Number) -> Number {
    let x = Number(index)
    switch coordinates {
    case Resize.Coordinates.asymmetric:
      return x / scale
    case Resize.Coordinates.alignCorners:
      return output == 1 ? 0 : x * Number(input - 1) / Number(output - 1)
    case Resize.Coordinates.pytorchHalfPixel:
      return output == 1 ? 0 : (x + 0.5) / scale - 0.5
    case Resize.Coordinates.halfPixelSymmetric:
      let adjustment = Number(output) / (scale * Number(input))
      return Number(input) / 2 * (1 - adjustment) + (x + 0.5) / scale - 0.5
    default:
      return (x + 0.5) / scale - 0.5
    }
  }

  package func sample(_ index: Int, isLinear: Bool) -> pf_sample {
    if !isLinear { return pf_sample(first: Int32(nearest(index)), second: 0, weight: 0) }
    let (first, second, weight) = neighbours(index)
    return pf_sample(first: Int32(first), second: Int32(second), weight: weight)
  }

  /// In single precision, as ONNX Runtime computes it: where a coordinate is nearly an integer, it depends on the
  /// rounding which pixel is nearest.
  private func nearest(_ index: Int) -> Int {
    let x = Double(coordinate(index, scale: singleScale))
    switch rounding {
    case Resize.Nearest.roundPreferFloor: return inside((x - 0.5).rounded(.up))
    case Resize.Nearest.roundPreferCeil: return inside((x + 0.5).rounded(.down))
    case Resize.Nearest.floor: return inside(x.rounded(.down))
    default: return inside(x.rounded(.up))
    }
  }

  private func neighbours(_ index: Int) -> (first: Int, second: Int, weight: Float) {
    let x = coordinate(index, scale: scale)
    let first = x.rounded(.down)
    return (inside(first), inside(first + 1), Float(x - first))
  }

  /// Cut before it becomes an integer: a tiny scale gives coordinates that fit none.
  private func inside(_ x: Double) -> Int { Int(min(max(x, 0), Double(input - 1))) }
}
