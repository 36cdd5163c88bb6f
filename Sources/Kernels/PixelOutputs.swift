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
    let output = output + firstPixel * outputStride
    if let bias {
      let value = L(from: bias + channel)
      for i in 0..<count { sums[i] = sums[i] + value }
    }
    if let residual = residual.map({ $0 + firstPixel * residualStride }) {
      for i in 0..<count { sums[i] = sums[i] + L(from: residual + channel + i * residualStride) }
    }
    let low = L(low), high = L(high)
    for i in 0..<count { sums[i].clamped(low, high).store(to: output + channel + i * outputStride) }
  }
}
