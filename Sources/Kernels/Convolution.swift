import KernelContract

/// 96 rows of packed input are 104 KB, which stays in a second-level cache beside a panel's weights; 96 is a multiple of every tile's
/// height.
private let blockRows = 96
private let panelWidth = Int(PF_PANEL_WIDTH)

func blockPixels(_ layer: pf_convolution) -> Int {
  let pixels = Int(layer.output_height) * Int(layer.output_width)
  return min(blockRows, (pixels + tileRows - 1) / tileRows * tileRows)
}

/// Packed rows; rows of sums and of residuals, and the bias, of columns that don't fill a tile.
func convolutionScratch(_ layer: pf_convolution) -> Int {
  (blockPixels(layer) * (Int(PF_TILE_STRIDE) + 2 * panelWidth) + panelWidth) * MemoryLayout<Float>.stride
}

/// A block of a convolution as a matrix product: its windows, packed into rows, times panels of weights.
func convolve(_ layer: pf_convolution, _ block: pf_block, scratch: UnsafeMutableRawPointer) {
  let depth = Int(layer.window.kernel_height) * Int(layer.window.kernel_width) * Int(layer.group_input_channels)
  let group = Int(block.group), firstPixel = Int(block.first_pixel), pixels = Int(block.pixels)
  let packing = Packing(layer, group: group)
  let panels = Panels(layer, block, depth: depth, scratch: scratch)

  if let rows = packing.rowsInPlace(firstPixel: firstPixel, pixels: pixels) {
    return panels.multiply(rows, stride: packing.inputStride, k: 0, count: depth)
  }
  let packed = scratch.assumingMemoryBound(to: Float.self)
  var k = 0
  while k < depth {
    let count = min(Int(PF_TILE_DEPTH), depth - k)
    packing.pack(firstPixel: firstPixel, pixels: pixels, k: k, depth: count, to: packed)
    panels.multiply(packed, stride: Int(PF_TILE_STRIDE), k: k, count: count)
    k += count
  }
}

/// The panels of weights of one block, and where their products go.
private struct Panels {
  private let depth, channels: Int
  private let firstPanel, endPanel: Int
  private let pixels: Int
  private let weights: Source
  private let product: Product
  /// Stand-ins for the output, the residual and the bias, for columns that don't fill a tile.
  private let edgeSums, edgeResidual, edgeBias: Target

  init(_ layer: pf_convolution, _ block: pf_block, depth: Int, scratch: UnsafeMutableRawPointer) {
    self.depth = depth
    channels = Int(layer.group_output_channels)
    firstPanel = Int(block.first_panel)
    endPanel = firstPanel + Int(block.panels)
    pixels = Int(block.pixels)
    weights = layer.weights + Int(block.group) * pf_panel_floats(depth, channels)

    let firstChannel = Int(block.group) * channels
    let firstPixel = Int(block.first_pixel)
    let residual: Source? = layer.residual
    let bias: Source? = layer.bias
    product = Product(
      input: layer.input, inputStride: 0, weights: layer.weights, weightsStride: 0, depth: 0, upcoming: layer.weights,
      output: layer.output + firstPixel * Int(layer.output_stride) + firstChannel, outputStride: Int(layer.output_stride),
      continues: false, finishes: false,
      bias: bias.map { $0 + firstChannel },
      residual: residual.map { $0 + firstPixel * Int(layer.residual_stride) + firstChannel },
      residualStride: Int(layer.residual_stride), low: layer.low, high: layer.high)

    edgeSums = scratch.assumingMemoryBound(to: Float.self) + blockPixels(layer) * Int(PF_TILE_STRIDE)
    edgeResidual = edgeSums + blockPixels(layer) * panelWidth
    edgeBias = edgeResidual + blockPixels(layer) * panelWidth
  }

  /// Multiplies rows holding values `k ..< k + count` by every panel.
  func multiply(_ rows: Source, stride: Int, k: Int, count: Int) {
    var product = product
    product.input = rows
    product.inputStride = stride
    product.depth = count
    product.continues = k > 0
    product.finishes = k + count == depth
    for panel in firstPanel..<endPanel {
      let first = panel * panelWidth
      let columns = min(panelWidth, channels - first)
      product.weightsStride = (columns + 3) & ~3
      let panelWeights = weights + first * depth + k * product.weightsStride
      // One row is done with a panel as soon as it's read, which leaves no time to fetch another.
      product.upcoming = pixels == 1 ? panelWeights : panelWeights + panelWidth * depth
      let step = pixels == 1 ? panelWidth : 2 * Vector.lanes
      var column = 0
      while column < columns {
        product.weights = panelWeights + column
        multiply(product, column: first + column, count: min(step, columns - column))
        column += step
      }
    }
  }

  /// One tile's width of columns, through the stand-ins if there are fewer.
  @inline(__always)
  private func multiply(_ whole: Product, column: Int, count: Int) {
    var product = whole
    product.output += column
    product.bias = whole.bias.map { $0 + column }
    product.residual = whole.residual.map { $0 + column }
    let vectors = pixels == 1 ? RowTile.Element.count : count > Vector.lanes ? 2 : 1
    if count == vectors * Vector.lanes { return multiply(product, vectors: vectors) }

    var edge = product
    edge.output = edgeSums
    edge.outputStride = panelWidth
    if product.finishes {
      edge.bias = product.bias.map {
        copy($0, to: edgeBias, count: count)
        return Source(edgeBias)
      }
      edge.residual = product.residual.map {
        copyRows($0, stride: product.residualStride, to: edgeResidual, stride: panelWidth, rows: pixels, columns: count)
        return Source(edgeResidual)
      }
      edge.residualStride = panelWidth
    }
    multiply(edge, vectors: vectors)
    if product.finishes {
      copyRows(edgeSums, stride: panelWidth, to: product.output, stride: product.outputStride, rows: pixels, columns: count)
    }
  }

  private func multiply(_ product: Product, vectors: Int) {
    if pixels == 1 {
      product.compute(RowTile.self, row: 0)
    } else if vectors == 2 {
      multiply(product, InlineArray<2, Vector>.self)
    } else {
      multiply(product, InlineArray<1, Vector>.self)
    }
  }

  /// Covers the rows with full tiles and then with those that fit.
  @inline(__always)
  private func multiply<let vectors: Int>(_ product: Product, _: InlineArray<vectors, Vector>.Type) {
    var row = 0
    while pixels - row >= tileRows {
      product.compute(FullTile<vectors>.self, row: row)
      row += tileRows
    }
    while row < pixels {
      switch pixels - row {
      case 1: product.compute(Tile<1, vectors>.self, row: row)
      case 2: product.compute(Tile<2, vectors>.self, row: row)
      case 3: product.compute(Tile<3, vectors>.self, row: row)
      default: product.compute(Tile<4, vectors>.self, row: row)
      }
      row += min(4, pixels - row)
    }
  }
}
