import KernelContract

let panelWidth = Int(PF_PANEL_WIDTH)

/// Rows of input, each one pixel's values of k.
struct InputRows {
  var start: Source
  var stride: Int
  var count: Int
  var runs: Runs

  init(start: Source, stride: Int, count: Int, depth: Int) {
    self.init(start: start, stride: stride, count: count, runs: Runs(depth: depth))
  }

  init(start: Source, stride: Int, count: Int, runs: Runs) {
    self.start = start
    self.stride = stride
    self.count = count
    self.runs = runs
  }
}

/// Some values of k of one panel.
struct PanelWeights {
  let panel: Int
  /// Whether sums begin with these values of k, and whether they end with them.
  fileprivate let begins, ends: Bool
  fileprivate let floats: Source
  /// Used instead of `floats` where set.
  fileprivate let halves: UnsafePointer<UInt16>?
  /// Weights of the panel that will be wanted next.
  fileprivate let upcoming: Source
}

/// Panels of weights, and the output that rows of input times them go to.
struct Panels {
  /// The most values of k of `weights(_:k:values:rows:)`, unless there is one row.
  static var mostValues: Int { 2 * Int(PF_TILE_DEPTH) }

  /// Values of k, and columns over all panels.
  let depth, channels: Int
  private let floats: Source?
  private let halves: UnsafePointer<UInt16>?
  /// Of row 0 and panel 0.
  private let output: Target
  private let outputStride: Int
  private let bias, residual: Source?
  private let residualStride: Int
  private let low, high: Float
  /// Weights of half precision as floats.
  private let widened: Target
  /// Stand-ins for the output, the residual and the bias, for columns that don't fill a tile.
  private let edgeSums, edgeResidual, edgeBias: Target

  static func scratchFloats(rows: Int) -> Int { (mostValues + 2 * rows + 1) * panelWidth }

  /// Those of a block's group, with the block's first pixel as row 0, and `scratchFloats` of the most rows that are
  /// multiplied at once.
  init(_ layer: pf_convolution, _ block: pf_block, rows: Int, scratch: Target) {
    depth = Int(layer.window.kernel_height) * Int(layer.window.kernel_width) * Int(layer.group_input_channels)
    channels = Int(layer.group_output_channels)
    let firstWeight = Int(block.group) * pf_panel_floats(depth, channels)
    let firstChannel = Int(block.group) * channels
    let firstPixel = Int(block.first_pixel)
    let isHalf = layer.weights.type == PF_WEIGHTS_FLOAT16
    floats = isHalf ? nil : layer.weights.floats + firstWeight
    halves = isHalf ? layer.weights.halves + firstWeight : nil
    output = layer.output + firstPixel * Int(layer.output_stride) + firstChannel
    outputStride = Int(layer.output_stride)
    let bias: Source? = layer.bias
    let residual: Source? = layer.residual
    self.bias = bias.map { $0 + firstChannel }
    self.residual = residual.map { $0 + firstPixel * Int(layer.residual_stride) + firstChannel }
    residualStride = Int(layer.residual_stride)
    low = layer.low
    high = layer.high
    widened = scratch
    edgeSums = widened + Panels.mostValues * panelWidth
    edgeResidual = edgeSums + rows * panelWidth
    edgeBias = edgeResidual + rows * panelWidth
  }

  private func columns(_ panel: Int) -> Int { min(panelWidth, channels - panel * panelWidth) }

  /// Weights `k ..< k + values` of a panel, for products with so many rows; good until the next call. Sums begin with
  /// the first value of k and end with the last one, unless others are said to.
  func weights(_ panel: Int, k: Int, values: Int, rows: Int, begins: Bool? = nil, ends: Bool? = nil) -> PanelWeights {
    let begins = begins ?? (k == 0)
    let ends = ends ?? (k + values == depth)
    let stride = pf_panel_stride(columns(panel))
    let offset = panel * panelWidth * depth + k * stride
    guard let halves else {
      // One row is done with a panel as soon as it's read, which leaves no time to fetch another.
      let floats = (floats ?? Source(widened)) + offset
      return PanelWeights(
        panel: panel, begins: begins, ends: ends, floats: floats, halves: nil,
        upcoming: rows == 1 ? floats : floats + stride * depth)
    }
    if rows > 1 {
      // A tile reads up to a vector more.
      let count = values * stride
      var i = 0
      while i < count {
        Vector(widening: halves + offset + i).store(to: widened + i)
        i += Vector.lanes
      }
    }
    return PanelWeights(
      panel: panel, begins: begins, ends: ends, floats: Source(widened), halves: rows > 1 ? nil : halves + offset,
      upcoming: Source(widened))
  }

  /// Multiplies rows that hold the weights' values of k, the first of them for row `row` of the output, others `step`
  /// rows further on each. Sums are taken up again unless they begin here, and bias, residual and clamp follow where
  /// they end.
  func multiply(_ rows: UnsafePointer<InputRows>, row: Int, step: Int = 1, _ weights: PanelWeights) {
    let outputStep = step * outputStride
    let residualStep = step * residualStride
    let first = weights.panel * panelWidth
    let columns = columns(weights.panel)
    var product = Product(
      rows: rows, weights: weights.floats, weightsStride: pf_panel_stride(columns), upcoming: weights.upcoming,
      output: output + row * outputStride + first,
      outputStride: outputStep,
      continues: !weights.begins,
      finishes: weights.ends, bias: bias.map { $0 + first },
      residual: residual.map { $0 + row * residualStride + first },
      residualStride: residualStep, low: low, high: high)

    let vectors = rows.pointee.count > 1 ? 2 : weights.halves == nil ? RowTile.Element.count : HalfRowTile.Element.count
    let width = vectors * Vector.lanes
    var column = 0
    while column < columns {
      product.weights = weights.floats + column
      let halves = weights.halves.map { $0 + column }
      multiply(product, halves: halves, vectors: vectors, count: min(width, columns - column))
      product.output += width
      product.bias = product.bias.map { $0 + width }
      product.residual = product.residual.map { $0 + width }
      column += width
    }
  }

  /// One tile's width of columns, through the stand-ins if there are fewer.
  @inline(__always)
  private func multiply(_ product: Product, halves: UnsafePointer<UInt16>?, vectors most: Int, count: Int) {
    let rows = product.rows.pointee.count
    let vectors = rows > 1 && count <= Vector.lanes ? 1 : most
    if count == vectors * Vector.lanes { return multiply(product, halves: halves, vectors: vectors) }

    var edge = product
    edge.output = edgeSums
    edge.outputStride = panelWidth
    if product.continues {
      copyRows(
        Source(product.output), stride: product.outputStride, to: edgeSums, stride: panelWidth, rows: rows,
        columns: count)
    }
    if product.finishes {
      edge.bias = product.bias.map {
        copy($0, to: edgeBias, count: count)
        return Source(edgeBias)
      }
      edge.residual = product.residual.map {
        copyRows($0, stride: product.residualStride, to: edgeResidual, stride: panelWidth, rows: rows, columns: count)
        return Source(edgeResidual)
      }
      edge.residualStride = panelWidth
    }
    multiply(edge, halves: halves, vectors: vectors)
    copyRows(
      Source(edgeSums), stride: panelWidth, to: product.output, stride: product.outputStride, rows: rows, columns: count
    )
  }

  private func multiply(_ product: Product, halves: UnsafePointer<UInt16>?, vectors: Int) {
    if product.rows.pointee.count > 1 {
      if vectors == 2 {
        product.compute(InlineArray<2, Vector>.self)
      } else {
        product.compute(InlineArray<1, Vector>.self)
      }
    } else if let halves {
      product.compute(HalfRowTile.self, row: 0, halves, Upcoming(lines: product.upcoming))
    } else {
      product.compute(RowTile.self, row: 0, Upcoming(lines: product.upcoming))
    }
  }
}
