import KernelContract
import PrefactorModelFormat

/// A depthwise convolution of several images, cut into rows of the output.
struct DepthwiseWork {
  /// Rows of an item where neighbouring ones share what is spread of the input, if there are enough for all threads.
  private static let mixedRows = 32

  private let context: StepContext
  private var convolution: pf_convolution
  private let mixture: pf_mixture?
  private let inputStep: Int
  private let pixels: Int
  private let rows: WorkSplit

  init(_ context: StepContext, _ convolution: pf_convolution) {
    self.context = context
    self.convolution = convolution
    self.convolution.cancelled = context.threads.cancellation
    let inputs = context.input(0)?.shape.channels ?? 0
    mixture = context.fused.flatMap {
      Mixture($0, inputs: inputs, groups: Int(convolution.groups), scratch: context.sharedScratch)?.kernelMixture
    }
    let height = Int(convolution.output_height)
    pixels = height * Int(convolution.output_width)
    inputStep = Int(convolution.input_height) * Int(convolution.input_width) * Int(convolution.input_stride)
    let work = WorkSplit(
      rows: height,
      elements: Int(convolution.output_width) * Int(convolution.groups * convolution.group_output_channels),
      taps: convolution.window.taps)
    if mixture != nil || convolution.group_output_channels > 1 {
      let shares = 2 * context.threads.pointee.threads
      let share = (height * Int(convolution.images) + shares - 1) / shares
      rows = WorkSplit(height, unitsPerItem: max(work.unitsPerItem, min(DepthwiseWork.mixedRows, share)))
    } else {
      rows = work.even(on: context.threads)
    }
  }

  func run() {
    var work = self
    context.threads.run(items: Int(convolution.images) * rows.items, &work) { raw, item, thread in
      raw.assumingMemoryBound(to: DepthwiseWork.self).pointee.compute(item, thread)
    }
  }

  private func compute(_ item: Int, _ thread: Int) {
    let image = item / rows.items
    let range = rows.range(item % rows.items)
    var convolution = convolution
    convolution.input += image * inputStep
    convolution.output += image * pixels * Int(convolution.output_stride)
    if let residual = convolution.residual {
      convolution.residual = residual + image * pixels * Int(convolution.residual_stride)
    }
    let scratch = context.scratch(thread: thread)
    if var mixture {
      context.kernels.pointee.depthwise(&convolution, &mixture, Int32(range.lowerBound), Int32(range.count), scratch)
    } else {
      context.kernels.pointee.depthwise(&convolution, nil, Int32(range.lowerBound), Int32(range.count), scratch)
    }
  }
}
