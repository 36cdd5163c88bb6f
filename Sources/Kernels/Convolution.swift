import KernelContract

/// 96 rows of packed input are 104 KB, which stays in a second-level cache beside a panel's weights.
private let largestBlock = 96

/// Blocks of nearly equal size.
func blockPixels(_ layer: pf_convolution) -> Int {
  let pixels = Int(layer.images) * Int(layer.output_height) * Int(layer.output_width)
  let blocks = (pixels + largestBlock - 1) / largestBlock
  return (pixels + blocks - 1) / blocks
}

/// Packed rows, and what the panels need.
func convolutionScratch(_ layer: pf_convolution) -> Int {
  let rows = blockPixels(layer)
  return (rows * Int(PF_TILE_STRIDE) + Panels.scratchFloats(rows: rows)) * MemoryLayout<Float>.stride
}

/// A block of a convolution as a matrix product: its windows, packed into rows, times panels of weights.
func convolve(_ layer: pf_convolution, _ block: pf_block, scratch: UnsafeMutableRawPointer) {
  let packed = scratch.assumingMemoryBound(to: Float.self)
  let packing = Packing(layer, group: Int(block.group))
  let panels = Panels(layer, block, scratch: packed + blockPixels(layer) * Int(PF_TILE_STRIDE))
  let panelRange = Int(block.first_panel)..<Int(block.first_panel + block.panels)
  let firstPixel = Int(block.first_pixel), pixels = Int(block.pixels), depth = panels.depth

  if let rows = packing.rowsInPlace(firstPixel: firstPixel, pixels: pixels) {
    for panel in panelRange { panels.multiply(rows, row: 0, panel: panel, k: 0, isFirst: true, isLast: true) }
    return
  }
  let chunks = (depth + Int(PF_TILE_DEPTH) - 1) / Int(PF_TILE_DEPTH)
  let chunkDepth = ((depth + chunks - 1) / chunks + 15) & ~15
  var k = 0
  while k < depth {
    let count = min(chunkDepth, depth - k)
    packing.pack(firstPixel: firstPixel, pixels: pixels, k: k, depth: count, to: packed, stride: Int(PF_TILE_STRIDE))
    let rows = InputRows(start: packed, stride: Int(PF_TILE_STRIDE), count: pixels, depth: count)
    for panel in panelRange { panels.multiply(rows, row: 0, panel: panel, k: k, isFirst: k == 0, isLast: k + count == depth) }
    k += count
  }
}

extension Panels {
  /// Those of a block's group, with the block's first pixel as row 0.
  init(_ layer: pf_convolution, _ block: pf_block, scratch: Target) {
    depth = Int(layer.window.kernel_height) * Int(layer.window.kernel_width) * Int(layer.group_input_channels)
    channels = Int(layer.group_output_channels)
    let firstWeight = Int(block.group) * pf_panel_floats(depth, channels)
    let firstChannel = Int(block.group) * channels
    let firstPixel = Int(block.first_pixel)
    let floats: Source? = layer.weights
    // Never read where there are none.
    weights = floats.map { $0 + firstWeight } ?? layer.input
    halfWeights = floats == nil ? layer.half_weights + firstWeight : nil
    output = layer.output + firstPixel * Int(layer.output_stride) + firstChannel
    outputStride = Int(layer.output_stride)
    let bias: Source? = layer.bias, residual: Source? = layer.residual
    self.bias = bias.map { $0 + firstChannel }
    self.residual = residual.map { $0 + firstPixel * Int(layer.residual_stride) + firstChannel }
    residualStride = Int(layer.residual_stride)
    low = layer.low
    high = layer.high
    self.scratch = scratch
    rows = Int(block.pixels)
  }
}
