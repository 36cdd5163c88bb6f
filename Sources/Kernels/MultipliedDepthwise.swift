import KernelContract

/// A row of the output of a depthwise convolution of which several filters read each channel, such as the second half of a monochromatic
/// layer. A vector holds filters of several channels: each lane gets what its filter reads by a permutation of neighbouring channels.
struct MultipliedRow {
  let layer: pf_convolution
  let row: WindowRow
  let firstPixel: Int

  func compute() {
    let isPlain = row.window.dilation_width == 1
    row.forEach(inTilesOf: multipliedPixels) { x, taps in
      switch (taps.columns, row.window.stride_width) {
      case (3, 1) where isPlain: apply(MultipliedTile<3, 1>.self, taps, at: x)
      case (3, 2) where isPlain: apply(MultipliedTile<3, 2>.self, taps, at: x)
      case (5, 1) where isPlain: apply(MultipliedTile<5, 1>.self, taps, at: x)
      case (7, 2) where isPlain: apply(MultipliedTile<7, 2>.self, taps, at: x)
      default: apply(MultipliedTile<0, 0>.self, taps, at: x)
      }
    } pixel: { x, taps in
      apply(MultipliedPixel.self, taps, at: x)
    }
  }

  @inline(__always)
  private func apply<Kernel: MultipliedKernel>(_: Kernel.Type, _ taps: WindowTaps, at x: Int) {
    let kernel = Kernel(filters: MultipliedFilters(layer, pixel: firstPixel + x), taps: taps)
    let filters = kernel.filters.count
    var filter = 0
    while filter + Vector.lanes <= filters {
      kernel.apply(at: filter)
      filter += Vector.lanes
    }
    if filter == filters { return }
    if filters >= Vector.lanes { return kernel.apply(at: filters - Vector.lanes) }
    for pixel in 0..<Kernel.pixels {
      for filter in filter..<filters { kernel.applyAlone(at: filter, pixel: pixel) }
    }
  }
}

/// The filters, and where the sums of some pixels go.
private struct MultipliedFilters {
  let weights: Source
  let count, multiple: Int
  let reciprocal: Float
  let outputs: PixelOutputs

  @inline(__always)
  init(_ layer: pf_convolution, pixel: Int) {
    weights = layer.weights
    multiple = Int(layer.group_output_channels)
    count = Int(layer.groups) * multiple
    reciprocal = 1 / Float(multiple)
    outputs = PixelOutputs(layer, pixel: pixel)
  }

  /// What a vector of filters reads of a pixel.
  @inline(__always)
  func spread(_ filter: Int) -> Spread {
    let first = filter / multiple
    let count = (filter &+ Vector.lanes &- 1) / multiple &- first &+ 1
    return Spread(
      first: first, count: Int32(truncatingIfNeeded: count), indices: pf_spread_indices(Vector(Float(filter)), reciprocal))
  }
}

private struct Spread {
  let first: Int
  let count: Int32
  let indices: LaneIndices

  @inline(__always)
  func load(_ pixel: Source) -> Vector { pf_spread(pixel + first, count, indices) }
}

private protocol MultipliedKernel {
  static var pixels: Int { get }
  var filters: MultipliedFilters { get }
  var taps: WindowTaps { get }
  init(filters: MultipliedFilters, taps: WindowTaps)
  /// A vector of filters from this one on.
  func apply(at filter: Int)
}

extension MultipliedKernel {
  @inline(__always)
  func applyAlone(at filter: Int, pixel: Int) {
    var sum: InlineArray<1, Float> = [0]
    taps.forEach(KnownWindow<1, 0, 0>()) { _, input, tap in
      sum[0] = Float.multiplyAdd(
        (input + pixel &* taps.pixelStep)[filter / filters.multiple], filters.weights[tap &* filters.count &+ filter], sum[0])
    }
    filters.outputs.finish(sum, at: filter, firstPixel: pixel)
  }
}

/// One pixel, whose window may be cut.
private struct MultipliedPixel: MultipliedKernel {
  static var pixels: Int { 1 }
  let filters: MultipliedFilters
  let taps: WindowTaps

  func apply(at filter: Int) {
    let spread = filters.spread(filter)
    var sum = InlineArray<1, Vector>(repeating: Vector(0))
    taps.forEach(KnownWindow<1, 0, 0>()) { _, input, tap in
      sum[0] = Vector.multiplyAdd(spread.load(input), Vector(from: filters.weights + tap &* filters.count + filter), sum[0])
    }
    filters.outputs.finish(sum, at: filter)
  }
}

/// Neighbouring pixels, whose windows overlap: what they share of a row of the input is spread once. With 0 columns the window is any.
private struct MultipliedTile<let columns: Int, let stride: Int>: MultipliedKernel {
  static var pixels: Int { multipliedPixels }
  let filters: MultipliedFilters
  let taps: WindowTaps

  @inline(__always)
  func apply(at filter: Int) {
    let spread = filters.spread(filter)
    var sums = MultipliedSums(repeating: Vector(0))
    if columns == 0 {
      taps.forEach(KnownWindow<1, 0, 0>()) { _, input, tap in
        let weight = Vector(from: filters.weights + tap &* filters.count + filter)
        for x in 0..<multipliedPixels {
          sums[x] = Vector.multiplyAdd(spread.load(input + x &* taps.pixelStep), weight, sums[x])
        }
      }
    } else {
      var line = taps.first
      var weights = filters.weights + taps.firstTap &* filters.count + filter
      for _ in 0..<taps.rows {
        var inputs = InlineArray<24, Vector>(repeating: Vector(0))
        for column in 0..<(multipliedPixels - 1) * stride + columns { inputs[column] = spread.load(line + column &* taps.inputStride) }
        for column in 0..<columns {
          let weight = Vector(from: weights + column &* filters.count)
          for x in 0..<multipliedPixels { sums[x] = Vector.multiplyAdd(inputs[x &* stride &+ column], weight, sums[x]) }
        }
        line += taps.rowStep
        weights += taps.kernelWidth &* filters.count
      }
    }
    filters.outputs.finish(sums, at: filter)
  }
}
