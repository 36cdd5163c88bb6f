import KernelContract

func depthwise(_ layer: pf_convolution, firstRow: Int, rows: Int) {
  let channels = Int(layer.groups)
  let bias: Source? = layer.bias, residual: Source? = layer.residual
  for y in firstRow..<firstRow + rows {
    let tapRows = layer.window.rows(at: y, of: layer.input_height)
    for x in 0..<Int(layer.output_width) {
      let pixel = y * Int(layer.output_width) + x
      DepthwisePixel(
        window: WindowPixels(
          tapRows, layer.window.columns(at: x, of: layer.input_width), kernelWidth: layer.window.kernel_width,
          input: layer.input, inputWidth: layer.input_width, inputStride: layer.input_stride),
        weights: layer.weights, channels: channels, bias: bias,
        residual: residual.map { $0 + pixel * Int(layer.residual_stride) },
        output: layer.output + pixel * Int(layer.output_stride), low: layer.low, high: layer.high
      ).apply(to: channels)
    }
  }
}

private struct DepthwisePixel: ChannelKernel {
  let window: WindowPixels
  let weights: Source
  let channels: Int
  let bias, residual: Source?
  let output: Target
  let low, high: Float

  @inline(__always)
  func apply<L: Lanes>(_: L.Type, at channel: Int) {
    var sum = L(0)
    window.forEach { pixel, tap in
      sum = L.multiplyAdd(L(from: pixel + channel), L(from: weights + tap * channels + channel), sum)
    }
    if let bias { sum = sum + L(from: bias + channel) }
    if let residual { sum = sum + L(from: residual + channel) }
    sum.clamped(L(low), L(high)).store(to: output + channel)
  }
}
