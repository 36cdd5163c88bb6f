import KernelContract

func depthwise(_ layer: pf_convolution, _ mixture: pf_mixture?, rows: Range<Int>, scratch: UnsafeMutableRawPointer?) {
  if mixture != nil || layer.group_output_channels > 1 {
    return MixedDepthwise(layer, mixture ?? layer.ownChannels, scratch: scratch!.assumingMemoryBound(to: Float.self))
      .compute(rows: rows)
  }
  let end = Int(layer.groups)
  // With gaps, neighbours share little, and whole pixels are read at the rate of memory.
  let stretch = layer.window.dilation_width > 1 ? end : channelStretch(layer.window)
  for channel in stride(from: 0, to: end, by: stretch) {
    let channels = channel..<min(channel + stretch, end)
    for index in rows where pf_is_cancelled(layer.cancelled) == 0 {
      let y = layer.row(index)
      WindowRow(layer, y: y).applyKnowingWidth(
        DepthwiseRow(layer: layer, firstPixel: y * Int(layer.output_width), channels: channels))
    }
  }
}

extension pf_convolution {
  /// A row of the output, in an order in which rows that read the same rows of the input follow each other: from row 0
  /// on all that are a dilation apart, from row 1 on, and so on.
  fileprivate func row(_ index: Int) -> Int {
    let step = Int(window.dilation_height)
    let count = Int(output_height) / step
    let longer = Int(output_height) % step
    let rest = index - longer * (count + 1)
    if rest < 0 { return index / (count + 1) + index % (count + 1) * step }
    return longer + rest / count + rest % count * step
  }
}

extension WindowRow {
  fileprivate init(_ layer: pf_convolution, y: Int) {
    self.init(
      layer.window, y: y, input: layer.input, inputHeight: layer.input_height, inputWidth: layer.input_width,
      inputStride: layer.input_stride, outputWidth: layer.output_width)
  }
}

/// Channels of which the weights, and the input under a tile, stay in a first-level cache of 32 KB until the next tile.
private func channelStretch(_ window: pf_window) -> Int {
  let columns = 2 * Int(window.kernel_width) + 3 * Int(window.stride_width)
  let block = 4 * Vector.lanes
  return max(block, 8192 / (Int(window.kernel_height) * columns) / block * block)
}

private struct DepthwiseRow: WindowKernel {
  let layer: pf_convolution
  let firstPixel: Int
  let channels: Range<Int>

  @inline(__always)
  func apply<let count: Int, let columns: Int, let stride: Int>(
    _ window: KnownWindow<count, columns, stride>, _ taps: WindowTaps, at x: Int
  ) {
    DepthwisePixels<count, columns, stride>(layer, taps, pixel: firstPixel + x).apply(to: channels, as: window)
  }
}

/// Neighbouring pixels, which share what is loaded of the weights.
private struct DepthwisePixels<let count: Int, let columns: Int, let stride: Int>: ChannelKernel {
  private let taps: WindowTaps
  private let weights: Source
  private let channels: Int
  private let outputs: PixelOutputs

  @inline(__always)
  init(_ layer: pf_convolution, _ taps: WindowTaps, pixel: Int) {
    self.taps = taps
    weights = layer.weights.floats
    channels = Int(layer.groups)
    outputs = PixelOutputs(layer, pixel: pixel)
  }

  @inline(__always)
  func apply<L: Lanes>(_: L.Type, at channel: Int) {
    var sums = InlineArray<count, L>(repeating: L(0))
    taps.forEach(KnownWindow<count, columns, stride>()) { pixel, input, tap in
      sums[pixel] = L.multiplyAdd(L(from: input + channel), L(from: weights + tap * channels + channel), sums[pixel])
    }
    outputs.finish(sums, at: channel)
  }
}
