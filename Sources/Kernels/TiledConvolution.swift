import KernelContract

private let panelWidth = Int(PF_PANEL_WIDTH)

func tiledScratch(_ layer: pf_convolution, _ algorithm: pf_algorithm) -> Int { TiledLayout(layer, algorithm).scratch }

func tiledBlockTiles(_ layer: pf_convolution, _ algorithm: pf_algorithm) -> Int { TiledLayout(layer, algorithm).blockTiles }

/// Returns how many tiles have input that is not finite, and writes their numbers to `spoilt`.
func tiledConvolve(
  _ layer: pf_convolution, _ algorithm: pf_algorithm, _ block: pf_tile_block, scratch: UnsafeMutableRawPointer,
  spoilt: UnsafeMutablePointer<Int32>
) -> Int32 {
  let work = TiledBlock(layer, TiledLayout(layer, algorithm), block, scratch: scratch, spoilt: spoilt)
  return switch algorithm {
  case PF_WINOGRAD_2X2_3X3: work.compute(Winograd2x2Kernel3x3.self)
  case PF_WINOGRAD_4X4_3X3: work.compute(Winograd4x4Kernel3x3.self)
  case PF_WINOGRAD_6X6_3X3: work.compute(Winograd6x6Kernel3x3.self)
  case PF_WINOGRAD_2X2_5X5: work.compute(Winograd2x2Kernel5x5.self)
  case PF_WINOGRAD_4X4_5X5: work.compute(Winograd4x4Kernel5x5.self)
  case PF_FFT_16X16: work.compute(Fourier.self)
  case PF_WINOGRAD_6_3: work.compute(Winograd6Kernel3.self)
  case PF_WINOGRAD_4_5: work.compute(Winograd4Kernel5.self)
  default: 0
  }
}

/// One work item: transforms its tiles of the input, multiplies at each position, and transforms the sums.
private struct TiledBlock {
  private let layer: pf_convolution
  private let layout: TiledLayout
  private let group, firstTile, tiles: Int
  private let panels: Range<Int>
  private let input, sums, zeros, transformScratch: Target
  private let pixels: UnsafeMutablePointer<Source>
  private let spoilt: UnsafeMutablePointer<Int32>

  init(
    _ layer: pf_convolution, _ layout: TiledLayout, _ block: pf_tile_block, scratch: UnsafeMutableRawPointer, spoilt: UnsafeMutablePointer<Int32>
  ) {
    self.layer = layer
    self.spoilt = spoilt
    self.layout = layout
    group = Int(block.group)
    firstTile = Int(block.first_tile)
    tiles = Int(block.tiles)
    panels = Int(block.first_panel)..<Int(block.first_panel + block.panels)
    input = scratch.assumingMemoryBound(to: Float.self)
    sums = input + layout.positions * layout.inputStep(tiles)
    zeros = sums + layout.positions * layout.sumStep(tiles)
    transformScratch = zeros + layout.inputStride
    pixels = UnsafeMutableRawPointer(transformScratch + transformScratchVectors * Vector.lanes).assumingMemoryBound(to: Source.self)
  }

  func compute<T: TileTransform>(_: T.Type) -> Int32 {
    clear(zeros, count: layout.inputs)
    var count = 0
    for tile in 0..<tiles {
      transformInput(T.self, tile)
      if !isFinite(T.self, tile) {
        spoilt[count] = Int32(truncatingIfNeeded: firstTile + tile)
        count += 1
      }
    }
    let product = TiledProduct(layout, tiles: tiles, input: input, weights: layer.weights, group: group, panels: panels, sums: sums)
    for position in 0..<layout.positions { product.multiply(position) }
    for tile in 0..<tiles { transformOutput(T.self, tile) }
    return Int32(truncatingIfNeeded: count)
  }

  /// Whether all of a tile's input is. Times zero, any number that is not gives NaN.
  private func isFinite<T: TileTransform>(_: T.Type, _ tile: Int) -> Bool {
    let values = Source(input + tile * layout.inputStride), step = layout.inputStep(tiles)
    var sums = Vector(0)
    T.forEachWitness { position in
      for channel in stride(from: 0, to: layout.inputs, by: Vector.lanes) {
        sums = Vector.multiplyAdd(Vector(from: values + position * step + channel, upTo: layout.inputs - channel), Vector(0), sums)
      }
    }
    return sums.reduced { $0 + $1 } == 0
  }

  /// Image, row and column of a tile.
  private func place(_ tile: Int) -> (image: Int, row: Int, column: Int) {
    let line = (firstTile + tile) / layout.columns
    return (line / layout.rows, line % layout.rows, (firstTile + tile) % layout.columns)
  }

  private func transformInput<T: TileTransform>(_: T.Type, _ tile: Int) {
    let (image, row, column) = place(tile)
    let top = row * Int(layout.tiling.output_height) - Int(layer.window.pad_top)
    let left = column * Int(layout.tiling.output_width) - Int(layer.window.pad_left)
    let height = Int(layer.input_height), width = Int(layer.input_width), stride = Int(layer.input_stride)
    let first = layer.input + image * height * width * stride + group * layout.inputs
    let rows = Int(layout.tiling.input_height), columns = Int(layout.tiling.input_width)
    for i in 0..<rows {
      let y = top + i, isInside = y >= 0 && y < height
      var from = first + (y * width + left) * stride
      for j in 0..<columns {
        let x = left + j
        pixels[i * columns + j] = isInside && x >= 0 && x < width ? from : Source(zeros)
        from += stride
      }
    }
    let to = input + tile * layout.inputStride, step = layout.inputStep(tiles)
    if layout.inputs < Vector.lanes {
      for channel in 0..<layout.inputs { transformInput(T.self, Float.self, channel, to, step) }
      return
    }
    var channel = 0
    while channel < layout.inputs {
      // The last vector may overlap the one before.
      transformInput(T.self, Vector.self, min(channel, layout.inputs - Vector.lanes), to, step)
      channel += Vector.lanes
    }
  }

  @inline(__always)
  private func transformInput<T: TileTransform, L: LinearLanes>(_: T.Type, _: L.Type, _ channel: Int, _ to: Target, _ step: Int) {
    let pixels = pixels, to = to + channel
    T.input({ L(from: pixels[$0] + channel) }, scratch: transformScratch) { position, value in value.store(to: to + position &* step) }
  }

  private func transformOutput<T: TileTransform>(_: T.Type, _ tile: Int) {
    let (image, row, column) = place(tile)
    let y = row * Int(layout.tiling.output_height), x = column * Int(layout.tiling.output_width)
    let firstChannel = panels.lowerBound * panelWidth
    let channels = min(panels.upperBound * panelWidth, layout.outputs) - firstChannel
    let rows = min(Int(layout.tiling.output_height), Int(layer.output_height) - y)
    let columns = min(Int(layout.tiling.output_width), Int(layer.output_width) - x)
    let isColumn = layout.tiling.input_width == 1
    let tile = OutputTile(
      layer, pixel: (image * Int(layer.output_height) + y) * Int(layer.output_width) + x,
      channel: group * layout.outputs + firstChannel,
      rows: isColumn ? columns : rows, columns: isColumn ? rows : columns, rowStep: isColumn ? 1 : Int(layer.output_width),
      columnStep: isColumn ? Int(layer.output_width) : 1,
      sums: sums + tile * layout.sumStride, step: layout.sumStep(tiles), scratch: transformScratch)
    if channels < Vector.lanes {
      for channel in 0..<channels { tile.transform(T.self, Float.self, channel) }
      return
    }
    var channel = 0
    while channel < channels {
      tile.transform(T.self, Vector.self, min(channel, channels - Vector.lanes))
      channel += Vector.lanes
    }
  }
}

/// A tile of the output, which may reach beyond its end.
private struct OutputTile {
  private let rows, columns: Int
  private let sums: Source
  private let step: Int
  private let scratch: Target
  private let output: Target
  private let bias, residual: Source?
  private let outputStride, residualStride: Int
  /// Pixels from one row to the next, and from one column to the next.
  private let rowStep, columnStep: Int
  private let low, high: Float

  init(
    _ layer: pf_convolution, pixel: Int, channel: Int, rows: Int, columns: Int, rowStep: Int, columnStep: Int, sums: Target, step: Int,
    scratch: Target
  ) {
    self.rows = rows
    self.columns = columns
    self.sums = Source(sums)
    self.step = step
    self.scratch = scratch
    outputStride = Int(layer.output_stride)
    residualStride = Int(layer.residual_stride)
    self.rowStep = rowStep
    self.columnStep = columnStep
    output = layer.output + pixel * outputStride + channel
    let bias: Source? = layer.bias, residual: Source? = layer.residual
    self.bias = bias.map { $0 + channel }
    self.residual = residual.map { $0 + pixel * Int(layer.residual_stride) + channel }
    low = layer.low
    high = layer.high
  }

  @inline(__always)
  func transform<T: TileTransform, L: LinearLanes>(_: T.Type, _: L.Type, _ channel: Int) {
    let sums = sums + channel, step = step, columns = columns, rowStep = rowStep, columnStep = columnStep
    let output = output + channel, outputStride = outputStride, residualStride = residualStride
    let low = L(low), high = L(high)
    let bias = bias.map { L(from: $0 + channel) } ?? L(0)
    let residual = residual.map { $0 + channel }
    T.output(
      { L(from: sums + $0 &* step) }, rows: rows, columns: columns, scratch: scratch
    ) { row, column, value in
      guard column < columns else { return }
      let pixel = row &* rowStep &+ column &* columnStep
      var value = value + bias
      if let residual { value = value + L(from: residual + pixel &* residualStride) }
      value.clamped(low, high).store(to: output + pixel &* outputStride)
    }
  }
}
