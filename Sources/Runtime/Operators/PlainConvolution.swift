import KernelContract
import PrefactorModelFormat

/// A convolution with the weights and groups of the file. Where numbers of the input are not finite, transforms spread
/// them over a tile, and merged groups over each other's filters: such outputs are computed once more, directly and
/// group by group.
struct PlainConvolution {
  private let convolution: pf_convolution
  /// So many of its groups were merged.
  private let mergedGroups: Int32
  private let kernels: UnsafePointer<pf_kernels>

  init(_ context: StepContext, _ convolution: pf_convolution) {
    self.convolution = convolution
    mergedGroups = context.mergedGroups
    kernels = context.kernels
  }

  /// Pixels of a row of the output, or a block's, in panels of a group or in all of merged ones.
  func compute(group: Int, firstPixel: Int, pixels: Int, panels: Range<Int>, scratch: UnsafeMutableRawPointer) {
    var convolution = convolution
    for index in 0..<mergedGroups {
      let panels = mergedGroups == 1 ? panels : 0..<convolution.panelCount
      var block = pf_block(
        group: Int32(group) * mergedGroups + index, first_pixel: Int32(firstPixel), pixels: Int32(pixels),
        first_panel: Int32(panels.lowerBound), panels: Int32(panels.count))
      kernels.pointee.convolution(&convolution, &block, scratch)
    }
  }

  /// Whether a block of merged groups has a NaN, which an infinity in another group would give by way of the zeros
  /// between them.
  func isSpoilt(group: Int, firstPixel: Int, pixels: Int, scratch: UnsafeMutableRawPointer) -> Bool {
    if mergedGroups == 1 { return false }
    let channels = Int(convolution.group_output_channels * mergedGroups)
    let stride = Int(convolution.output_stride)
    let sums = scratch.assumingMemoryBound(to: Float.self)
    kernels.pointee.reduce(
      PF_REDUCE_SUM, convolution.output + firstPixel * stride + group * channels, stride, sums, pixels, channels, 0,
      channels, nil)
    for channel in 0..<channels where sums[channel].isNaN { return true }
    return false
  }
}
