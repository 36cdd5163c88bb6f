import KernelContract
import PrefactorModelFormat

/// A convolution by tiles, cut into work items: blocks of tiles, and where those are too few for the threads, ranges of
/// panels of them, at the price of transforming a block's input once for each range.
struct TransformWork {
  private let context: StepContext
  private var convolution: pf_convolution
  private let plain: PlainConvolution
  private let tiling: pf_tiling
  private let tiles: Int
  private let blockTiles: Int
  private let blocksPerGroup: Int
  private let panels: WorkSplit

  init(_ context: StepContext, _ convolution: pf_convolution, plain: PlainConvolution) {
    self.context = context
    self.convolution = convolution
    self.convolution.cancelled = context.threads.cancellation
    self.plain = plain
    var convolution = convolution
    tiling = pf_tiling_of(context.algorithm, &convolution.window)
    let threads = context.threads.pointee.threads
    tiles = convolution.tileCount(context.algorithm)
    let largest = Int(context.kernels.pointee.transform_block_tiles(&convolution, context.algorithm))
    blockTiles = WorkSplit.blockSize(tiles, largest: largest, threads: threads)
    blocksPerGroup = (tiles + blockTiles - 1) / blockTiles
    // Merged groups stay together: one may lie in two panels.
    let ranges = context.mergedGroups > 1 || blocksPerGroup * Int(convolution.groups) >= threads ? 1 : threads
    let panelCount = convolution.panelCount
    panels = WorkSplit(panelCount, unitsPerItem: (panelCount + ranges - 1) / ranges)
  }

  func run() {
    var work = self
    context.threads.run(items: blocksPerGroup * Int(convolution.groups) * panels.items, &work) { raw, item, thread in
      raw.assumingMemoryBound(to: TransformWork.self).pointee.compute(item, thread)
    }
  }

  private func compute(_ item: Int, _ thread: Int) {
    let index = item / panels.items
    let firstTile = index % blocksPerGroup * blockTiles
    let panelRange = panels.range(item % panels.items)
    var convolution = convolution
    var block = pf_tile_block(
      group: Int32(index / blocksPerGroup), first_tile: Int32(firstTile),
      tiles: Int32(min(blockTiles, tiles - firstTile)),
      first_panel: Int32(panelRange.lowerBound), panels: Int32(panelRange.count))
    let spoilt = context.scratch(thread: thread).assumingMemoryBound(to: Int32.self)
    let scratch = context.scratch(thread: thread) + TransformWork.listBytes(blockTiles)
    let count = context.kernels.pointee.transform_convolution(&convolution, context.algorithm, &block, scratch, spoilt)
    for index in 0..<Int(count) { recompute(tile: Int(spoilt[index]), group: Int(block.group), panelRange, scratch) }
  }

  private func recompute(tile: Int, group: Int, _ panels: Range<Int>, _ scratch: UnsafeMutableRawPointer) {
    var convolution = convolution
    var tiling = tiling
    let place = pf_place_of_tile(&convolution, &tiling, Int32(truncatingIfNeeded: tile))
    let height = Int(convolution.output_height)
    let width = Int(convolution.output_width)
    let pixels = Int(place.columns)
    let down = Int(convolution.window.dilation_height)
    let right = Int(convolution.window.dilation_width)
    // Pixels beside each other at once.
    let run = right == 1 ? pixels : 1
    for row in 0..<Int(place.rows) {
      let pixel = (Int(place.image) * height + Int(place.y) + row * down) * width + Int(place.x)
      for first in stride(from: 0, to: pixels, by: run) {
        plain.compute(group: group, firstPixel: pixel + first * right, pixels: run, panels: panels, scratch: scratch)
      }
    }
  }

  /// Scratch that one thread needs, with what computes spoilt tiles, which `plain` describes, once more.
  static func scratch(
    _ convolution: pf_convolution, plain: pf_convolution, _ algorithm: pf_algorithm,
    _ kernels: UnsafePointer<pf_kernels>
  ) -> Int64 {
    var convolution = convolution
    var plain = plain
    let tiles = Int(kernels.pointee.transform_block_tiles(&convolution, algorithm))
    return Int64(listBytes(tiles))
      + Int64(
        max(kernels.pointee.transform_scratch(&convolution, algorithm), kernels.pointee.convolution_scratch(&plain)))
  }

  /// Of the numbers of spoilt tiles.
  private static func listBytes(_ tiles: Int) -> Int { roundUp(tiles * MemoryLayout<Int32>.stride) }
}

/// The transformation of a convolution's weights, a panel of a group an item.
struct TransformWeightsWork {
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
      raw.assumingMemoryBound(to: TransformWeightsWork.self).pointee.transform(item)
    }
  }

  private func transform(_ item: Int) {
    var convolution = convolution
    let panels = convolution.panelCount
    context.kernels.pointee.transform_weights(
      &convolution, context.algorithm, Int32(item / panels), Int32(item % panels), transformed)
  }
}

extension pf_convolution {
  /// Of each group.
  package var panelCount: Int { (Int(group_output_channels) + Int(PF_PANEL_WIDTH) - 1) / Int(PF_PANEL_WIDTH) }
}
