import KernelContract

/// 96 rows of packed input are 104 KB, which stays in a second-level cache beside a panel's weights.
let largestBlock = 96

func blockPixels(_ layer: pf_convolution) -> Int {
  if KernelRows.apply(to: layer) && KernelRows.packImages(of: layer) {
    return Int(layer.output_height) * Int(layer.output_width)
  }
  return KernelRows.apply(to: layer) || TapProducts.pay(for: layer)
    ? TapProducts.blockPixels(layer, atMost: mostPacked(layer)) : wholeBlockPixels(layer)
}

/// Pixels there is room to pack. Taken tap by tap, a block reads the weights for a part of its pixels, and should have
/// more of them.
private func mostPacked(_ layer: pf_convolution) -> Int {
  layer.window.dilation_width > 1 ? 3 * largestBlock : largestBlock
}

/// Of a block of whole windows.
private func wholeBlockPixels(_ layer: pf_convolution) -> Int {
  let width = Int(layer.output_width)
  let pixels = Int(layer.images) * Int(layer.output_height) * width
  if Strip.applies(to: layer) {
    if width <= largestBlock { return min(largestBlock / width * width, pixels) }
    for parts in 2...(width / (largestBlock / 2))
    where width % parts == 0 && width / parts <= largestBlock + largestBlock / 4 {
      return width / parts
    }
  }
  // Blocks of nearly equal size.
  let blocks = (pixels + largestBlock - 1) / largestBlock
  return (pixels + blocks - 1) / blocks
}

/// Packed rows, or a strip, and what the panels need. Some rows of the image may be taken in either way, whatever suits
/// all of them.
func convolutionScratch(_ layer: pf_convolution) -> Int {
  (packedFloats(layer) + Panels.scratchFloats(rows: packedRows(layer))) * MemoryLayout<Float>.stride
}

private func packedRows(_ layer: pf_convolution) -> Int { max(wholeBlockPixels(layer), mostPacked(layer)) }

private func packedFloats(_ layer: pf_convolution) -> Int { packedRows(layer) * Int(PF_TILE_STRIDE) }

/// A block of a convolution as a matrix product: the windows of its pixels times panels of weights. Windows are read
/// where they lie, in the input or in a strip of it with zeros around it, or are packed into rows. Where most of them
/// is padding, they are taken apart.
func convolve(_ layer: pf_convolution, _ block: pf_block, scratch: UnsafeMutableRawPointer) {
  let packed = scratch.assumingMemoryBound(to: Float.self)
  let panels = Panels(layer, block, rows: packedRows(layer), scratch: packed + packedFloats(layer))
  let panelRange = Int(block.first_panel)..<Int(block.first_panel + block.panels)
  let firstPixel = Int(block.first_pixel)
  let pixels = Int(block.pixels)
  let depth = panels.depth
  let packing = Packing(layer, group: Int(block.group))

  if var rows = packing.rowsInPlace(firstPixel: firstPixel, pixels: pixels) {
    for panel in panelRange {
      if pf_is_cancelled(layer.cancelled) != 0 { return }
      panels.multiply(&rows, row: 0, panels.weights(panel, k: 0, values: depth, rows: pixels))
    }
  } else if KernelRows.apply(to: layer) {
    KernelRows(layer, block, packed: packed).multiply(panels, panelRange)
  } else if TapProducts.pay(for: layer) {
    TapProducts(layer, block).multiply(panels, panelRange, packed: packed)
  } else if let strip = Strip(layer, block, scratch: packed, floats: packedFloats(layer)) {
    strip.fill()
    var row = 0
    while row < strip.kernelRows, pf_is_cancelled(layer.cancelled) == 0 {
      let rows = min(strip.rowsAtOnce, strip.kernelRows - row)
      for panel in panelRange {
        let weights = panels.weights(panel, k: row * strip.runLength, values: rows * strip.runLength, rows: 2)
        strip.forEachRun(kernelRow: row, rows: rows) { input, output in panels.multiply(input, row: output, weights) }
      }
      row += rows
    }
  } else {
    let chunks = (depth + Int(PF_TILE_DEPTH) - 1) / Int(PF_TILE_DEPTH)
    let chunkDepth = ((depth + chunks - 1) / chunks + 15) & ~15
    var k = 0
    while k < depth, pf_is_cancelled(layer.cancelled) == 0 {
      let count = min(chunkDepth, depth - k)
      packing.pack(firstPixel: firstPixel, pixels: pixels, k: k, depth: count, to: packed, stride: Int(PF_TILE_STRIDE))
      var rows = InputRows(start: Source(packed), stride: Int(PF_TILE_STRIDE), count: pixels, depth: count)
      for panel in panelRange {
        panels.multiply(&rows, row: 0, panels.weights(panel, k: k, values: count, rows: pixels))
      }
      k += count
    }
  }
}
