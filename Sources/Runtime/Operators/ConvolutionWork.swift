import KernelContract
import PrefactorModelFormat

/// A convolution of several images, or a batch of matrix products as 1×1 convolutions, cut into work items.
///
/// A block is the pixels of one image and group that a kernel takes at once, which it first packs. Where there are
/// enough blocks, an item is some of them with all output channels; where not, a block's panels are divided too, at the
/// price of packing it again.
struct ConvolutionWork {
  /// Multiply-adds worth an item of their own: 10 to 100 µs.
  private static let itemWork: Int64 = 1 &<< 20
  /// And at most: some 10 ms. Packing a block again for that many is nothing.
  private static let mostItemWork: Int64 = 1 &<< 28
  /// Items that keep every thread busy to the end of a layer.
  private static let enoughItems = 16
  /// Panels that a packed block is worth: with fewer, packing shows beside the product.
  private static let panelsPerPacking = 4

  private var convolution: pf_convolution
  /// For each product of a batch, where its input (first) and its weights (second) begin.
  private let batch: StridedWalk
  private let outputStep: Int
  private let plain: PlainConvolution?
  private let context: StepContext
  private let pixels: Int
  private let blockPixels: Int
  private let pixelBlocks: Int
  private let blocks: WorkSplit
  private let panels: WorkSplit

  /// With merged groups, what they were.
  init(
    _ context: StepContext, _ convolution: pf_convolution, plain: PlainConvolution? = nil,
    batch: StridedWalk = StridedWalk()
  ) {
    self.context = context
    self.plain = plain
    self.convolution = convolution
    self.batch = batch
    self.convolution.cancelled = context.threads.cancellation
    var convolution = convolution
    pixels = Int(convolution.images) * Int(convolution.output_height) * Int(convolution.output_width)
    outputStep = pixels * Int(convolution.output_stride)
    let largest = min(pixels, Int(context.kernels.pointee.convolution_block_pixels(&convolution)))
    if convolution.window.taps == 1 {
      blockPixels = WorkSplit.blockSize(pixels, largest: largest, threads: context.threads.pointee.threads)
    } else {
      // Whole rows, or equal parts of them.
      blockPixels = largest
    }
    pixelBlocks = (pixels + blockPixels - 1) / blockPixels

    let blockCount = batch.count * Int(convolution.groups) * pixelBlocks
    let panelCount = convolution.panelCount
    let depth =
      Int(convolution.window.kernel_height) * Int(convolution.window.kernel_width)
      * Int(convolution.group_input_channels)
    let blockWork = Int64(blockPixels) * Int64(depth) * Int64(convolution.group_output_channels)
    let itemsPerBlock = max(1, Int(clamping: blockWork / ConvolutionWork.itemWork))
    // Threads look for a cancellation between items, so that none of those may take long.
    let fewestRanges = Int(clamping: blockWork / ConvolutionWork.mostItemWork) + 1
    let ranges = max(fewestRanges, min(itemsPerBlock, (ConvolutionWork.enoughItems + blockCount - 1) / blockCount))
    let fewestPanels = pixels == 1 ? 1 : ConvolutionWork.panelsPerPacking
    blocks = WorkSplit(blockCount, unitsPerItem: max(1, Int(ConvolutionWork.itemWork / blockWork)))
    // Merged groups, which have two panels at most, stay together: one may lie in both.
    panels = WorkSplit(
      panelCount, unitsPerItem: plain == nil ? max(fewestPanels, (panelCount + ranges - 1) / ranges) : panelCount)
  }

  func run() {
    var work = self
    context.threads.run(items: blocks.items * panels.items, &work) { raw, item, thread in
      raw.assumingMemoryBound(to: ConvolutionWork.self).pointee.compute(item, thread)
    }
  }

  private func compute(_ item: Int, _ thread: Int) {
    let panelRange = panels.range(item % panels.items)
    for index in blocks.range(item / panels.items) {
      // Neighbouring groups lie in the same lines of a cache.
      let group = index % Int(convolution.groups)
      let firstPixel = index / Int(convolution.groups) % pixelBlocks * blockPixels
      var product = convolution(inBatch: index / pixelBlocks / Int(convolution.groups))
      var block = pf_block(
        group: Int32(group), first_pixel: Int32(firstPixel), pixels: Int32(min(blockPixels, pixels - firstPixel)),
        first_panel: Int32(panelRange.lowerBound), panels: Int32(panelRange.count))
      let scratch = context.scratch(thread: thread)
      context.kernels.pointee.convolution(&product, &block, scratch)
      if let plain, plain.isSpoilt(group: group, firstPixel: firstPixel, pixels: Int(block.pixels), scratch: scratch) {
        plain.compute(
          group: group, firstPixel: firstPixel, pixels: Int(block.pixels), panels: panelRange, scratch: scratch)
      }
    }
  }

  private func convolution(inBatch index: Int) -> pf_convolution {
    let offsets = batch.offsets(at: index)
    var convolution = convolution
    convolution.input += offsets.first
    if offsets.second > 0 { convolution.weights = pf_weights(floats: convolution.weights.floats + offsets.second) }
    convolution.output += index * outputStep
    if let residual = convolution.residual {
      convolution.residual = residual + index * pixels * Int(convolution.residual_stride)
    }
    return convolution
  }
}
