import KernelContract

func pool(_ layer: pf_pool, firstRow: Int, rows: Int) {
  // With few channels, finding each pixel's window takes as long as its taps; with many, whole blocks of one pixel are
  // read faster.
  let inTiles = Int(layer.channels) < 4 * VectorBlock.lanes
  for y in firstRow..<firstRow + rows where pf_is_cancelled(layer.cancelled) == 0 {
    let row = WindowRow(
      layer.window, y: y, input: layer.input, inputHeight: layer.input_height, inputWidth: layer.input_width,
      inputStride: layer.input_stride, outputWidth: layer.output_width)
    if layer.kind == Int32(PF_POOL_MAX.rawValue) {
      row.apply(MaximumRow(layer: layer, y: y), inTiles: inTiles)
    } else {
      row.apply(AverageRow(layer: layer, y: y), inTiles: inTiles)
    }
  }
}

extension pf_pool {
  @inline(__always)
  fileprivate func output(x: Int, y: Int) -> Target { output + (y * Int(output_width) + x) * Int(output_stride) }

  /// One over the taps that an average counts: those inside the input or, with `include_pad`, inside the padded input.
  /// Where there are none, their sum is 0, and so is the average.
  @inline(__always)
  fileprivate func factor(_ taps: WindowTaps, x: Int, y: Int) -> Float {
    let counted = counted(taps, x: x, y: y)
    return counted > 0 ? 1 / Float(counted) : 0
  }

  @inline(__always)
  private func counted(_ taps: WindowTaps, x: Int, y: Int) -> Int {
    guard include_pad != 0 else { return taps.rows * taps.columns }
    let rows = window.rows(at: y, of: input_height).count(upTo: input_height + pad_bottom, of: window.kernel_height)
    let columns = window.columns(at: x, of: input_width).count(upTo: input_width + pad_right, of: window.kernel_width)
    return rows * columns
  }
}

private struct MaximumRow: WindowKernel {
  let layer: pf_pool
  let y: Int

  @inline(__always)
  func apply<let count: Int, let columns: Int, let stride: Int>(
    _ window: KnownWindow<count, columns, stride>, _ taps: WindowTaps, at x: Int
  ) {
    Maxima<count, columns, stride>(
      taps: taps, cancelled: layer.cancelled, output: layer.output(x: x, y: y), outputStride: Int(layer.output_stride)
    )
    .apply(to: 0..<Int(layer.channels), as: window)
  }
}

private struct AverageRow: WindowKernel {
  let layer: pf_pool
  let y: Int

  /// Pixels that see all columns of the input count as many.
  @inline(__always)
  func apply<let count: Int, let columns: Int, let stride: Int>(
    _ window: KnownWindow<count, columns, stride>, _ taps: WindowTaps, at x: Int
  ) {
    Averages<count, columns, stride>(
      taps: taps, cancelled: layer.cancelled, factor: layer.factor(taps, x: x, y: y), output: layer.output(x: x, y: y),
      outputStride: Int(layer.output_stride)
    ).apply(to: 0..<Int(layer.channels), as: window)
  }
}

private struct Maxima<let count: Int, let columns: Int, let stride: Int>: ChannelKernel {
  let taps: WindowTaps
  let cancelled: UnsafePointer<Int64>?
  let output: Target
  let outputStride: Int

  @inline(__always)
  func apply<L: Lanes>(_: L.Type, at channel: Int) {
    var largest = InlineArray<count, L>(repeating: L(-.infinity))
    taps.forEachPart(cancelled) { part in
      part.forEach(KnownWindow<count, columns, stride>()) { pixel, input, _ in
        largest[pixel] = largest[pixel].larger(L(from: input + channel))
      }
    }
    for i in 0..<count { largest[i].store(to: output + channel + i * outputStride) }
  }
}

private struct Averages<let count: Int, let columns: Int, let stride: Int>: ChannelKernel {
  let taps: WindowTaps
  let cancelled: UnsafePointer<Int64>?
  let factor: Float
  let output: Target
  let outputStride: Int

  @inline(__always)
  func apply<L: Lanes>(_: L.Type, at channel: Int) {
    var sums = InlineArray<count, L>(repeating: L(0))
    taps.forEachPart(cancelled) { part in
      part.forEach(KnownWindow<count, columns, stride>()) { pixel, input, _ in
        sums[pixel] = sums[pixel] + L(from: input + channel)
      }
    }
    for i in 0..<count { (sums[i] * L(factor)).store(to: output + channel + i * outputStride) }
  }
}
