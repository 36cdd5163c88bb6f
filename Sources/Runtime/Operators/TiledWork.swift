import KernelContract
import PrefactorModelFormat

/// A convolution by tiles, cut into work items: blocks of tiles, and where those are too few for the threads, ranges of panels of them,
/// at the price of transforming a block's input once for each range.
struct TiledWork {
  private let context: StepContext
  private var convolution: pf_convolution
  private let tiles: Int
  private let blockTiles: Int
  private let blocksPerGroup: Int
  private let panels: WorkSplit

  init(_ context: StepContext, _ convolution: pf_convolution) {
    self.context = context
    self.convolution = convolution
    self.convolution.cancelled = context.threads.cancellation
    var convolution = convolution
    let threads = context.threads.pointee.threads
    tiles = convolution.tileCount(context.algorithm)
    let largest = Int(context.kernels.pointee.tiled_block_tiles(&convolution, context.algorithm))
    blockTiles = WorkSplit.blockSize(tiles, largest: largest, threads: threads)
    blocksPerGroup = (tiles + blockTiles - 1) / blockTiles
    let ranges = blocksPerGroup * Int(convolution.groups) >= threads ? 1 : threads
    let panelCount = convolution.panelCount
    panels = WorkSplit(panelCount, unitsPerItem: (panelCount + ranges - 1) / ranges)
  }

  func run() {
    var work = self
    context.threads.run(items: blocksPerGroup * Int(convolution.groups) * panels.items, &work) { raw, item, thread in
      raw.assumingMemoryBound(to: TiledWork.self).pointee.compute(item, thread)
    }
  }

  private func compute(_ item: Int, _ thread: Int) {
    let index = item / panels.items
    let firstTile = index % blocksPerGroup * blockTiles
    let panelRange = panels.range(item % panels.items)
    var convolution = convolution
    var block = pf_tile_block(
      group: Int32(index / blocksPerGroup), first_tile: Int32(firstTile), tiles: Int32(min(blockTiles, tiles - firstTile)),
      first_panel: Int32(panelRange.lowerBound), panels: Int32(panelRange.count))
    context.kernels.pointee.tiled_convolution(&convolution, context.algorithm, &block, context.scratch(thread: thread))
  }
}

/// The transformation of a convolution's weights, a panel of a group an item.
struct TiledWeightsWork {
  private let context: StepContext
  private let convolution: pf_convolution
  private let transformed: UnsafeMutablePointer<Float>

  init(_ context: StepContext, _ convolution: pf_convolution, transformed: UnsafeMutablePointer<Float>) {
    self.context = context
    self.convolution = convolution
    self.transformed = transformed
  }

  func run() {
    var work = self
    context.threads.run(items: Int(convolution.groups) * convolution.panelCount, &work) { raw, item, _ in
      raw.assumingMemoryBound(to: TiledWeightsWork.self).pointee.transform(item)
    }
  }

  private func transform(_ item: Int) {
    var convolution = convolution
    let panels = convolution.panelCount
    context.kernels.pointee.tiled_weights(
      &convolution, context.algorithm, Int32(item / panels), Int32(item % panels), transformed)
  }
}

extension pf_convolution {
  /// Of each group.
  var panelCount: Int { (Int(group_output_channels) + Int(PF_PANEL_WIDTH) - 1) / Int(PF_PANEL_WIDTH) }
}
