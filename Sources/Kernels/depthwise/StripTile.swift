import KernelContract

/// A strip of the input as filters read it, with zeros for the padding, a vector a pixel: the rows under a row of
/// outputs, each in the place of one that is no longer needed.
struct SpreadStrip {
  let window: pf_window
  let start: Target
  /// Rows and columns from a window's first tap to its last, and over all windows of the strip.
  let rows, columns: Int

  @inline(__always) var rowFloats: Int { columns &* Vector.lanes }

  @inline(__always)
  func row(_ place: Int) -> Target { start + place &* rowFloats }
}

/// How a vector of filters reads a pixel of a strip.
protocol StripReading {
  func load(_ pixel: Source) -> Vector
}

/// The strip is these filters' own.
struct OwnReading: StripReading {
  @inline(__always) func load(_ pixel: Source) -> Vector { Vector(from: pixel) }
}

/// The strip is all filters', and has few enough channels for one vector.
struct PermutedReading: StripReading {
  let indices: LaneIndices
  @inline(__always) func load(_ pixel: Source) -> Vector { pf_permute(Vector(from: pixel), indices) }
}

/// Sums of neighbouring outputs over a strip. With 0 columns the window is any.
struct StripTile<Reading: StripReading, let pixels: Int, let columns: Int, let stride: Int> {
  let strip: SpreadStrip
  /// A vector for each tap.
  let weights: Source
  let reading: Reading

  /// Those from output `x` of the strip on, whose windows begin in the strip's row at place `top`.
  @inline(__always)
  func sums(at x: Int, top: Int) -> InlineArray<pixels, Vector> {
    var sums = InlineArray<pixels, Vector>(repeating: Vector(0))
    let window = strip.window
    var weights = weights
    var place = top
    let first = Source(strip.start) + x &* Int(window.stride_width) &* Vector.lanes
    for _ in 0..<Int(window.kernel_height) {
      let line = first + place &* strip.rowFloats
      if columns > 0 { addKnown(&sums, line, weights) } else { addAny(&sums, line, weights) }
      weights += Int(window.kernel_width) &* Vector.lanes
      place += Int(window.dilation_height)
      if place >= strip.rows { place -= strip.rows }
    }
    return sums
  }

  /// What pixels share of a row is loaded once, and a row's weights stay in registers. In two halves, because the
  /// optimizer does not unroll the whole.
  @inline(__always)
  private func addKnown(_ sums: inout InlineArray<pixels, Vector>, _ line: Source, _ weights: Source) {
    var values = InlineArray<columns, Vector>(repeating: Vector(0))
    for column in 0..<columns { values[column] = Vector(from: weights + column &* Vector.lanes) }
    for pixel in 0..<pixels / 2 { add(&sums, pixel, line, values) }
    for pixel in pixels / 2..<pixels { add(&sums, pixel, line, values) }
  }

  @inline(__always)
  private func add(
    _ sums: inout InlineArray<pixels, Vector>, _ pixel: Int, _ line: Source, _ values: InlineArray<columns, Vector>
  ) {
    for column in 0..<columns {
      sums[pixel] = Vector.multiplyAdd(
        reading.load(line + (pixel &* stride &+ column) &* Vector.lanes), values[column], sums[pixel])
    }
  }

  @inline(__always)
  private func addAny(_ sums: inout InlineArray<pixels, Vector>, _ line: Source, _ weights: Source) {
    let step = Int(strip.window.stride_width) &* Vector.lanes
    let columnStep = Int(strip.window.dilation_width) &* Vector.lanes
    var at = line
    for column in 0..<Int(strip.window.kernel_width) {
      let weight = Vector(from: weights + column &* Vector.lanes)
      for pixel in 0..<pixels {
        sums[pixel] = Vector.multiplyAdd(reading.load(at + pixel &* step), weight, sums[pixel])
      }
      at += columnStep
    }
  }
}
