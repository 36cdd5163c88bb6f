import KernelContract
import PrefactorModelFormat

/// A depthwise convolution of several images, cut into rows of the output.
struct DepthwiseWork {
  private let context: StepContext
  private let convolution: pf_convolution
  private let inputStep: Int
  private let pixels: Int
  private let rows: WorkSplit

  init(_ context: StepContext, _ convolution: pf_convolution) {
    self.context = context
    self.convolution = convolution
    pixels = Int(convolution.output_height) * Int(convolution.output_width)
    inputStep = Int(convolution.input_height) * Int(convolution.input_width) * Int(convolution.input_stride)
    rows = WorkSplit(
      rows: Int(convolution.output_height), elements: Int(convolution.output_width) * Int(convolution.groups * convolution.group_output_channels), taps: convolution.window.taps)
  }

  func run() {
    var work = self
    context.threads.run(items: Int(convolution.images) * rows.items, &work) { raw, item, _ in
      raw.assumingMemoryBound(to: DepthwiseWork.self).pointee.compute(item)
    }
  }

  private func compute(_ item: Int) {
    let image = item / rows.items
    let range = rows.range(item % rows.items)
    var convolution = convolution
    convolution.input += image * inputStep
    convolution.output += image * pixels * Int(convolution.output_stride)
    if let residual = convolution.residual { convolution.residual = residual + image * pixels * Int(convolution.residual_stride) }
    context.kernels.pointee.depthwise(&convolution, Int32(range.lowerBound), Int32(range.count))
  }
}
