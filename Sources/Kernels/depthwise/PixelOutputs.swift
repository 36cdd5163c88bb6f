import KernelContract

/// Where the sums of neighbouring pixels of a depthwise convolution go.
struct PixelOutputs {
  private let bias, residual: Source?
  private let residualStride: Int
  private let output: Target
  private let outputStride: Int
  private let low, high: Float

  @inline(__always)
  init(_ layer: pf_convolution, pixel: Int) {
    bias = layer.bias
    let residual: Source? = layer.residual
    self.residual = residual.map { $0 + pixel * Int(layer.residual_stride) }
    residualStride = Int(layer.residual_stride)
    output = layer.output + pixel * Int(layer.output_stride)
    outputStride = Int(layer.output_stride)
    low = layer.low
    high = layer.high
  }

  /// Adds bias and residual to the sums of a pixel each, and clamps them.
  @inline(__always)
  func finish<let count: Int, L: Lanes>(_ sums: InlineArray<count, L>, at channel: Int, firstPixel: Int = 0) {
    var sums = sums
    if let bias {
      let value = L(from: bias + channel)
      for i in 0..<count { sums[i] = sums[i] + value }
    }
    if var from = residual.map({ $0 + firstPixel * residualStride + channel }) {
      for i in 0..<count {
        sums[i] = sums[i] + L(from: from)
        from += residualStride
      }
    }
    let low = L(low)
    let high = L(high)
    var to = output + firstPixel * outputStride + channel
    for i in 0..<count {
      sums[i].clamped(low, high).store(to: to)
      to += outputStride
    }
  }

  @inline(__always)
  func prefetch(_ count: Int, at channel: Int) {
    var output = Source(output) + channel
    for _ in 0..<count {
      pf_prefetch(output)
      output += outputStride
    }
  }

  /// The same of the first `count` lanes. Not inline, so that sums which one finishes whole stay in registers.
  @inline(never)
  func finishLanes<let pixels: Int>(_ sums: InlineArray<pixels, Vector>, at channel: Int, count: Int) {
    for pixel in 0..<pixels {
      for lane in 0..<count {
        finish(InlineArray<1, Float>(repeating: sums[pixel][lane]), at: channel + lane, firstPixel: pixel)
      }
    }
  }
}
