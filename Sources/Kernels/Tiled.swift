import KernelContract

private let panelWidth = Int(PF_PANEL_WIDTH)

/// Products for this many panels are kept before they are transformed back: enough that the transformed input, which is read once for
/// them, doesn't come from memory for each panel.
private let panelsPerPass = 4

/// Scratch that should stay in a second-level cache, as far as it goes.
private let scratchGoal = 3 << 19
/// Rows over which reading the weights pays even from memory.
private let enoughTiles = 60, mostTiles = 240

/// The parts of a block's scratch.
private struct TiledScratch {
  /// Floats from tile to tile of the transformed input; not a multiple of a page, which would put all rows into the same sets of a cache.
  let inputStride: Int
  let tiles: Int
  let positions: Int
  static let productStride = panelsPerPass * panelWidth + 16
  /// Vectors of one tile while it is transformed, by columns and by rows, and one column of it.
  static let tileVectors = 64 + 64 + 8

  init(_ layer: pf_convolution, _ winograd: Winograd) {
    positions = winograd.positions
    inputStride = (Int(layer.group_input_channels) + 15) / 16 * 16 + 16
    let tileBytes = positions * (inputStride + TiledScratch.productStride) * MemoryLayout<Float>.stride
    let goal = min(max(scratchGoal / tileBytes, enoughTiles), mostTiles)
    let all = Int(layer.images) * rowsOfTiles(layer, winograd) * columnsOfTiles(layer, winograd)
    tiles = min(goal / tileRows * tileRows, (all + tileRows - 1) / tileRows * tileRows)
  }

  var bytes: Int {
    tiles * positions * (inputStride + TiledScratch.productStride) * MemoryLayout<Float>.stride
      + TiledScratch.tileVectors * MemoryLayout<Vector>.stride
  }
}

private func rowsOfTiles(_ layer: pf_convolution, _ winograd: Winograd) -> Int { (Int(layer.output_height) + winograd.outputs - 1) / winograd.outputs }
private func columnsOfTiles(_ layer: pf_convolution, _ winograd: Winograd) -> Int { (Int(layer.output_width) + winograd.outputs - 1) / winograd.outputs }

func tiledScratch(_ layer: pf_convolution, _ algorithm: pf_algorithm) -> Int { TiledScratch(layer, Winograd(algorithm, layer.window)).bytes }

func tiledBlockTiles(_ layer: pf_convolution, _ algorithm: pf_algorithm) -> Int { TiledScratch(layer, Winograd(algorithm, layer.window)).tiles }

/// A block of a convolution by tiles.
func convolveTiles(_ layer: pf_convolution, _ algorithm: pf_algorithm, _ block: pf_tile_block, scratch: UnsafeMutableRawPointer) {
  let winograd = Winograd(algorithm, layer.window)
  let work = TiledBlock(layer, winograd, block, scratch)
  switch winograd.inputs {
  case 4: work.transformInput(InlineArray<4, Vector>.self)
  case 6: work.transformInput(InlineArray<6, Vector>.self)
  default: work.transformInput(InlineArray<8, Vector>.self)
  }
  var panel = Int(block.first_panel)
  let end = panel + Int(block.panels)
  while panel < end {
    let panels = min(panelsPerPass, end - panel)
    work.multiply(panel: panel, panels: panels)
    work.transformOutput(panel: panel, panels: panels)
    panel += panels
  }
}

private struct TiledBlock {
  private let layer: pf_convolution
  private let winograd: Winograd
  private let firstTile, tiles: Int
  private let rows, columns: Int
  private let channels, outputs: Int
  private let firstChannel, firstOutput: Int
  /// For each position and tile, the transformed input.
  private let input: Target
  private let inputStride: Int
  /// For each position and tile, the sums for the panels of a pass.
  private let products: Target
  private let productStride = TiledScratch.productStride
  private let tile, half, column: Vectors
  private let weights: Source

  init(_ layer: pf_convolution, _ winograd: Winograd, _ block: pf_tile_block, _ scratch: UnsafeMutableRawPointer) {
    self.layer = layer
    self.winograd = winograd
    firstTile = Int(block.first_tile)
    tiles = Int(block.tiles)
    rows = rowsOfTiles(layer, winograd)
    columns = columnsOfTiles(layer, winograd)
    channels = Int(layer.group_input_channels)
    outputs = Int(layer.group_output_channels)
    firstChannel = Int(block.group) * channels
    firstOutput = Int(block.group) * outputs
    let parts = TiledScratch(layer, winograd)
    inputStride = parts.inputStride
    tile = scratch.assumingMemoryBound(to: Vector.self)
    half = tile + 64
    column = half + 64
    input = UnsafeMutableRawPointer(column + 8).assumingMemoryBound(to: Float.self)
    products = input + parts.tiles * winograd.positions * parts.inputStride
    weights = layer.weights + Int(block.group) * winograd.positions * pf_panel_floats(channels, outputs)
  }

  /// Where tile `index` of the block begins: its image, and the row and column of its first output.
  private func place(_ index: Int) -> (image: Int, y: Int, x: Int) {
    let number = firstTile + index
    let row = number / columns
    return (row / rows, row % rows * winograd.outputs, number % columns * winograd.outputs)
  }

  /// Bᵀ d B of every tile and channel. The type says how many values a tile has along a dimension, so that loops unroll.
  @inline(__always)
  func transformInput<let size: Int>(_: InlineArray<size, Vector>.Type) {
    let height = Int(layer.input_height), width = Int(layer.input_width), pixel = Int(layer.input_stride)
    let step = tiles * inputStride
    for index in 0..<tiles {
      let (image, outputY, outputX) = place(index)
      let y = outputY - Int(layer.window.pad_top), x = outputX - Int(layer.window.pad_left)
      let isInside = y >= 0 && x >= 0 && y + size <= height && x + size <= width
      let origin = layer.input + firstChannel + ((image * height + y) * width + x) * pixel
      var channel = 0
      while channel < channels {
        let count = min(Vector.lanes, channels - channel)
        let from = origin + channel
        for j in 0..<size {
          if isInside && count == Vector.lanes {
            for i in 0..<size { column[i] = Vector(from: from + (i * width + j) * pixel) }
          } else {
            for i in 0..<size {
              let isTap = y + i >= 0 && y + i < height && x + j >= 0 && x + j < width
              column[i] = isTap ? Vector(from: from + (i * width + j) * pixel, upTo: count) : Vector(0)
            }
          }
          winograd.transformInput(column, step: 1, to: half + j * size)
        }
        let to = input + index * inputStride + channel
        for i in 0..<size {
          winograd.transformInput(half + i, step: size, to: tile)
          for j in 0..<size { tile[j].store(to: to + (i * size + j) * step) }
        }
        channel += Vector.lanes
      }
    }
  }

  /// At each position, the tiles times some panels of weights.
  func multiply(panel: Int, panels: Int) {
    let matrix = pf_panel_floats(channels, outputs)
    var product = Product(
      input: Source(input), inputStride: inputStride, weights: weights, weightsStride: 0, depth: channels, upcoming: weights,
      output: products, outputStride: productStride, continues: false, finishes: false, bias: nil, residual: nil, residualStride: 0,
      low: -.infinity, high: .infinity)
    for position in 0..<winograd.positions {
      product.input = Source(input + position * tiles * inputStride)
      for index in 0..<panels {
        let first = (panel + index) * panelWidth
        let width = min(panelWidth, (outputs - first + 3) & ~3)
        let panelWeights = weights + position * matrix + first * channels
        product.weightsStride = width
        product.upcoming = panelWeights + panelWidth * channels
        let to = products + position * tiles * productStride + index * panelWidth
        var column = 0
        while column < width {
          product.weights = panelWeights + column
          product.output = to + column
          if width - column > Vector.lanes { coverRows(product, InlineArray<2, Vector>.self) } else { coverRows(product, InlineArray<1, Vector>.self) }
          column += 2 * Vector.lanes
        }
      }
    }
  }

  @inline(__always)
  private func coverRows<let vectors: Int>(_ product: Product, _: InlineArray<vectors, Vector>.Type) {
    var row = 0
    while tiles - row >= tileRows {
      product.compute(FullTile<vectors>.self, row: row)
      row += tileRows
    }
    while row < tiles {
      switch tiles - row {
      case 1: product.compute(Tile<1, vectors>.self, row: row)
      case 2: product.compute(Tile<2, vectors>.self, row: row)
      case 3: product.compute(Tile<3, vectors>.self, row: row)
      default: product.compute(Tile<4, vectors>.self, row: row)
      }
      row += min(4, tiles - row)
    }
  }

  /// Aᵀ m A of every tile, bias, residual and clamp.
  func transformOutput(panel: Int, panels: Int) {
    let first = panel * panelWidth
    let end = min(first + panels * panelWidth, outputs)
    for index in 0..<tiles {
      var output = first
      while output < end {
        let count = min(Vector.lanes, end - output)
        let from = products + index * productStride + (output - first)
        switch winograd.inputs {
        case 4: transformOutput(index, from, output, count, InlineArray<4, Vector>.self)
        case 6: transformOutput(index, from, output, count, InlineArray<6, Vector>.self)
        default: transformOutput(index, from, output, count, InlineArray<8, Vector>.self)
        }
        output += Vector.lanes
      }
    }
  }

  @inline(__always)
  private func transformOutput<let size: Int>(_ index: Int, _ from: Target, _ output: Int, _ count: Int, _: InlineArray<size, Vector>.Type) {
    let step = tiles * productStride
    for j in 0..<size {
      for i in 0..<size { column[i] = Vector(from: from + (i * size + j) * step) }
      winograd.transformOutput(column, step: 1, to: half + j * size)
    }
    let bias: Source? = layer.bias
    let shift = bias.map { Vector(from: $0 + firstOutput + output, upTo: count) } ?? Vector(0)
    let low = Vector(layer.low), high = Vector(layer.high)
    let (image, firstY, firstX) = place(index)
    let height = Int(layer.output_height), width = Int(layer.output_width)
    for i in 0..<min(winograd.outputs, height - firstY) {
      winograd.transformOutput(half + i, step: size, to: tile)
      let pixel = (image * height + firstY + i) * width + firstX
      for j in 0..<min(winograd.outputs, width - firstX) {
        var value = tile[j] + shift
        if let residual = layer.residual {
          value = value + Vector(from: residual + (pixel + j) * Int(layer.residual_stride) + firstOutput + output, upTo: count)
        }
        value.clamped(low, high).store(to: layer.output + (pixel + j) * Int(layer.output_stride) + firstOutput + output, upTo: count)
      }
    }
  }
}
