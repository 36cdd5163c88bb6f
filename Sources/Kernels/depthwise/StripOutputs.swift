import KernelContract

/// Outputs at a tile at most, and where there are fewer.
let widePixels = MixedTile<OwnReading, 0, 0>.width
let narrowPixels = 4

/// A vector of filters' outputs over a strip: some of a row.
struct StripOutputs {
  let layer: pf_convolution
  let firstPixel, pixels: Int
  /// The place of the strip's row in which windows begin.
  let top: Int
  let filter, lanes: Int

  @inline(__always)
  func compute<Reading: StripReading>(_ strip: SpreadStrip, _ weights: Source, _ reading: Reading, tilePixels: Int) {
    if tilePixels == widePixels {
      let isPlain = layer.window.dilation_width == 1
      switch (layer.window.kernel_width, layer.window.stride_width) {
      case (3, 1) where isPlain: apply(MixedTile<Reading, 3, 1>(strip: strip, weights: weights, reading: reading))
      case (5, 1) where isPlain: apply(MixedTile<Reading, 5, 1>(strip: strip, weights: weights, reading: reading))
      case (7, 2) where isPlain: apply(MixedTile<Reading, 7, 2>(strip: strip, weights: weights, reading: reading))
      default: apply(MixedTile<Reading, 0, 0>(strip: strip, weights: weights, reading: reading))
      }
    } else if tilePixels == narrowPixels {
      apply(StripTile<Reading, 4, 0, 0>(strip: strip, weights: weights, reading: reading))
    } else {
      apply(StripTile<Reading, 1, 0, 0>(strip: strip, weights: weights, reading: reading))
    }
  }

  private func apply<Reading: StripReading, let count: Int, let columns: Int, let step: Int>(
    _ tile: StripTile<Reading, count, columns, step>
  ) {
    for i in stride(from: 0, to: pixels, by: count) {
      let outputs = PixelOutputs(layer, pixel: firstPixel + i)
      // One that lies in no cache would keep the processor waiting when the sums are there.
      outputs.prefetch(count, at: filter)
      let sums = tile.sums(at: i, top: top)
      if lanes == Vector.lanes {
        outputs.finish(sums, at: filter)
      } else {
        outputs.finishLanes(sums, at: filter, count: lanes)
      }
    }
  }
}

extension StripTile {
  fileprivate static var width: Int { pixels }
}
