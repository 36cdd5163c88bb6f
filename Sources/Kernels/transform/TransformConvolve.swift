import KernelContract

func transformScratch(_ layer: pf_convolution, _ algorithm: pf_algorithm) -> Int {
  TransformLayout(layer, algorithm).scratch
}

func transformBlockTiles(_ layer: pf_convolution, _ algorithm: pf_algorithm) -> Int {
  TransformLayout(layer, algorithm).blockTiles
}

/// Returns how many tiles have input that is not finite, and writes their numbers to `spoilt`.
func transformConvolve(
  _ layer: pf_convolution, _ algorithm: pf_algorithm, _ block: pf_tile_block, scratch: UnsafeMutableRawPointer,
  spoilt: UnsafeMutablePointer<Int32>
) -> Int32 {
  let work = TransformBlock(layer, TransformLayout(layer, algorithm), block, scratch: scratch, spoilt: spoilt)
  return switch algorithm {
  case PF_WINOGRAD_2X2_3X3: work.compute(Winograd2x2Kernel3x3.self)
  case PF_WINOGRAD_4X4_3X3: work.compute(Winograd4x4Kernel3x3.self)
  case PF_WINOGRAD_6X6_3X3: work.compute(Winograd6x6Kernel3x3.self)
  case PF_WINOGRAD_2X2_5X5: work.compute(Winograd2x2Kernel5x5.self)
  case PF_WINOGRAD_4X4_5X5: work.compute(Winograd4x4Kernel5x5.self)
  case PF_FFT_16X16: work.compute(Fourier.self)
  case PF_WINOGRAD_6_3: work.compute(Winograd6Kernel3.self)
  case PF_WINOGRAD_4_5: work.compute(Winograd4Kernel5.self)
  case PF_WINOGRAD_3X3_3X3: work.compute(Winograd3x3Kernel3x3.self)
  default: 0
  }
}

/// One work item: transforms its tiles of the input, multiplies at each position, and transforms the sums.
private struct TransformBlock {
  private let layer: pf_convolution
  private let layout: TransformLayout
  private let group, firstTile, tiles: Int
  private let panels: Range<Int>
  private let input, sums, zeros, transformScratch, copies: Target
  private let pixels: UnsafeMutablePointer<Source>
  private let spoilt: UnsafeMutablePointer<Int32>

  init(
    _ layer: pf_convolution, _ layout: TransformLayout, _ block: pf_tile_block, scratch: UnsafeMutableRawPointer,
    spoilt: UnsafeMutablePointer<Int32>
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
    copies = transformScratch + transformScratchVectors * Vector.lanes
    pixels = UnsafeMutableRawPointer(copies + layout.copiedVectors * Vector.lanes).assumingMemoryBound(to: Source.self)
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
    let product = TransformProduct(
      layout, tiles: tiles, input: input, weights: layer.weights.floats, group: group, panels: panels, sums: sums)
    for position in 0..<layout.positions {
      if pf_is_cancelled(layer.cancelled) != 0 { return 0 }
      product.multiply(position)
    }
    for tile in 0..<tiles { transformOutput(T.self, tile) }
    return Int32(truncatingIfNeeded: count)
  }

  /// Calls `body` with the first channel of each vector of them. The last may overlap the one before; fewer channels
  /// than a vector's are one.
  @inline(__always)
  private func forEachVector(of channels: Int, _ body: (Int) -> Void) {
    for channel in stride(from: 0, to: channels, by: Vector.lanes) {
      body(max(0, min(channel, channels - Vector.lanes)))
    }
  }

  /// Whether all of a tile's input is. Times zero, any number that is not gives NaN.
  private func isFinite<T: TileTransform>(_: T.Type, _ tile: Int) -> Bool {
    let values = Source(input + tile * layout.inputStride)
    let step = layout.inputStep(tiles)
    var sums = Vector(0)
    T.forEachWitness { position in
      forEachVector(of: layout.inputs) {
        sums = Vector.multiplyAdd(Vector(from: values + position * step + $0), Vector(0), sums)
      }
    }
    return sums.reduced { $0 + $1 } == 0
  }

  private var downStep: Int { Int(layer.window.dilation_height) }
  private var rightStep: Int { Int(layer.window.dilation_width) }

  // Twice a tile and once for every transform: out of line it is smaller.
  @inline(never)
  private func place(_ tile: Int) -> pf_tile_place {
    var layer = layer
    var tiling = layout.tiling
    return pf_place_of_tile(&layer, &tiling, Int32(truncatingIfNeeded: firstTile + tile))
  }

  private func transformInput<T: TileTransform>(_: T.Type, _ tile: Int) {
    findPixels(of: tile)
    let pixels = pixels
    let step = layout.inputStep(tiles)
    forEachVector(of: layout.inputs) { channel in
      let to = input + tile * layout.inputStride + channel
      T.input({ Vector(from: pixels[$0] + channel) }, scratch: transformScratch) { position, value in
        value.store(to: to + position &* step)
      }
    }
  }

  /// Each has a vector's room: those that don't are copied, with zeros behind.
  private func findPixels(of tile: Int) {
    let place = place(tile)
    let top = Int(place.y) - Int(layer.window.pad_top)
    let left = Int(place.x) - Int(layer.window.pad_left)
    let height = Int(layer.input_height)
    let width = Int(layer.input_width)
    let stride = Int(layer.input_stride)
    let first = layer.input + Int(place.image) * height * width * stride + group * layout.inputs
    let rows = Int(layout.tiling.input_height)
    let columns = Int(layout.tiling.input_width)
    for i in 0..<rows {
      let y = top + i * downStep
      let isInside = y >= 0 && y < height
      var from = first + (y * width + left) * stride
      for j in 0..<columns {
        let x = left + j * rightStep
        pixels[i * columns + j] = isInside && x >= 0 && x < width ? from : Source(zeros)
        from += rightStep * stride
      }
    }
    guard layout.inputs < Vector.lanes else { return }
    for i in 0..<rows * columns {
      let copy = copies + i * Vector.lanes
      Vector(from: pixels[i], upTo: layout.inputs).store(to: copy)
      pixels[i] = Source(copy)
    }
  }

  private func transformOutput<T: TileTransform>(_: T.Type, _ tile: Int) {
    let channels = min(panels.upperBound * panelWidth, layout.outputs) - panels.lowerBound * panelWidth
    let output = output(of: tile)
    if channels < Vector.lanes {
      let copy = output.copied(to: copies, channels: channels)
      copy.transform(T.self, 0)
      output.assign(copy, channels: channels)
    } else {
      forEachVector(of: channels) { output.transform(T.self, $0) }
    }
  }

  private func output(of tile: Int) -> OutputTile {
    let place = place(tile)
    let rows = Int(place.rows)
    let columns = Int(place.columns)
    let rowStep = downStep * Int(layer.output_width)
    let isColumn = layout.tiling.input_width == 1
    return OutputTile(
      layer,
      pixel: (Int(place.image) * Int(layer.output_height) + Int(place.y)) * Int(layer.output_width) + Int(place.x),
      channel: group * layout.outputs + panels.lowerBound * panelWidth,
      rows: isColumn ? columns : rows, columns: isColumn ? rows : columns, rowStep: isColumn ? rightStep : rowStep,
      columnStep: isColumn ? rowStep : rightStep,
      sums: sums + tile * layout.sumStride, step: layout.sumStep(tiles), scratch: transformScratch)
  }
}

/// A tile of the output, which may reach beyond its end.
private struct OutputTile {
  private let rows, columns: Int
  private let sums: Source
  private let step: Int
  private let scratch: Target
  private var output: Target
  private var bias, residual: Source?
  private var outputStride, residualStride: Int
  /// Pixels from one row to the next, and from one column to the next.
  private var rowStep, columnStep: Int
  private let low, high: Float

  init(
    _ layer: pf_convolution, pixel: Int, channel: Int, rows: Int, columns: Int, rowStep: Int, columnStep: Int,
    sums: Target, step: Int,
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
    let bias: Source? = layer.bias
    let residual: Source? = layer.residual
    self.bias = bias.map { $0 + channel }
    self.residual = residual.map { $0 + pixel * Int(layer.residual_stride) + channel }
    low = layer.low
    high = layer.high
  }

  /// One with its own bias, residual and output, in which a few channels have a vector's room.
  func copied(to copies: Target, channels: Int) -> OutputTile {
    var copy = self
    (copy.output, copy.outputStride) = (copies, Vector.lanes)
    (copy.rowStep, copy.columnStep) = (columns, 1)
    copy.bias = bias.map {
      let copied = copies + rows * columns * Vector.lanes
      Vector(from: $0, upTo: channels).store(to: copied)
      return Source(copied)
    }
    if let residual {
      // Each pixel's is read before the output is written there.
      (copy.residual, copy.residualStride) = (Source(copies), Vector.lanes)
      forEachPixel { place, copied in
        Vector(from: residual + place * residualStride, upTo: channels).store(to: copies + copied * Vector.lanes)
      }
    }
    return copy
  }

  func assign(_ copy: OutputTile, channels: Int) {
    forEachPixel { place, copied in
      Vector(from: Source(copy.output) + copied * Vector.lanes).store(to: output + place * outputStride, upTo: channels)
    }
  }

  /// Calls `body` with the place and the number of each.
  @inline(__always)
  private func forEachPixel(_ body: (_ place: Int, _ number: Int) -> Void) {
    for row in 0..<rows {
      for column in 0..<columns { body(row * rowStep + column * columnStep, row * columns + column) }
    }
  }

  @inline(__always)
  func transform<T: TileTransform>(_: T.Type, _ channel: Int) {
    let sums = sums + channel
    let step = step
    let columns = columns
    let rowStep = rowStep
    let columnStep = columnStep
    let output = output + channel
    let outputStride = outputStride
    let residualStride = residualStride
    let low = Vector(low)
    let high = Vector(high)
    let bias = bias.map { Vector(from: $0 + channel) } ?? Vector(0)
    let residual = residual.map { $0 + channel }
    T.output({ Vector(from: sums + $0 &* step) }, rows: rows, columns: columns, scratch: scratch) {
      row, column, value in
      guard column < columns else { return }
      let pixel = row &* rowStep &+ column &* columnStep
      var value = value + bias
      if let residual { value = value + Vector(from: residual + pixel &* residualStride) }
      value.clamped(low, high).store(to: output + pixel &* outputStride)
    }
  }
}
