import KernelContract

/// A depthwise convolution of which several filters read each channel, such as the second half of a monochromatic layer. A vector holds
/// filters of several channels: each lane gets what its filter reads by a permutation of neighbouring channels.
struct MultipliedRow: WindowKernel {
  let layer: pf_convolution
  let firstPixel: Int

  @inline(__always)
  func apply<let count: Int, let columns: Int, let stride: Int>(_ window: KnownWindow<count, columns, stride>, _ taps: WindowTaps, at x: Int) {
    let pixels = MultipliedPixels<count, columns, stride>(layer, taps, pixel: firstPixel + x)
    let filters = pixels.filters
    var filter = 0
    // As many sums as it takes to keep the multipliers busy.
    while Vector.lanes == 16 && filter + 2 * Vector.lanes <= filters {
      pixels.apply(InlineArray<2, Vector>.self, at: filter)
      filter += 2 * Vector.lanes
    }
    while filter + Vector.lanes <= filters {
      pixels.apply(InlineArray<1, Vector>.self, at: filter)
      filter += Vector.lanes
    }
    if filter == filters { return }
    if filters >= Vector.lanes { return pixels.apply(InlineArray<1, Vector>.self, at: filters - Vector.lanes) }
    while filter < filters {
      pixels.applyAlone(at: filter)
      filter += 1
    }
  }
}

private struct MultipliedPixels<let count: Int, let columns: Int, let stride: Int> {
  let filters: Int
  private let multiple: Int
  private let reciprocal: Float
  private let taps: WindowTaps
  private let weights: Source
  private let outputs: PixelOutputs

  @inline(__always)
  init(_ layer: pf_convolution, _ taps: WindowTaps, pixel: Int) {
    self.taps = taps
    multiple = Int(layer.group_output_channels)
    reciprocal = 1 / Float(multiple)
    filters = Int(layer.groups) * multiple
    weights = layer.weights
    outputs = PixelOutputs(layer, pixel: pixel)
  }

  @inline(__always)
  func apply<let vectors: Int>(_: InlineArray<vectors, Vector>.Type, at filter: Int) {
    let spreads = InlineArray<vectors, Spread> { Spread(filter &+ $0 &* Vector.lanes, multiple: multiple, reciprocal: reciprocal) }
    var sums = InlineArray<vectors, InlineArray<count, Vector>> { _ in InlineArray(repeating: Vector(0)) }
    taps.forEach(KnownWindow<count, columns, stride>()) { pixel, input, tap in
      let row = weights + tap &* filters + filter
      for j in 0..<vectors {
        let weight = Vector(from: row + j &* Vector.lanes)
        sums[j][pixel] = Vector.multiplyAdd(spreads[j].load(input), weight, sums[j][pixel])
      }
    }
    for j in 0..<vectors { outputs.finish(sums[j], at: filter &+ j &* Vector.lanes) }
  }

  @inline(never)
  func applyAlone(at filter: Int) {
    var sums = InlineArray<count, Float>(repeating: 0)
    taps.forEach(KnownWindow<count, columns, stride>()) { pixel, input, tap in
      sums[pixel] = Float.multiplyAdd(input[filter / multiple], weights[tap &* filters &+ filter], sums[pixel])
    }
    outputs.finish(sums, at: filter)
  }
}

/// What a vector of filters reads of a pixel.
private struct Spread {
  private let first: Int
  private let count: Int32
  private let indices: LaneIndices

  @inline(__always)
  init(_ filter: Int, multiple: Int, reciprocal: Float) {
    first = filter / multiple
    count = Int32(truncatingIfNeeded: (filter &+ Vector.lanes &- 1) / multiple &- first &+ 1)
    indices = pf_spread_indices(Vector(Float(filter)), reciprocal)
  }

  @inline(__always)
  func load(_ pixel: Source) -> Vector { pf_spread(pixel + first, count, indices) }
}

