import KernelContract

private let panelWidth = Int(PF_PANEL_WIDTH)

/// Rows of input, each one pixel's values of k: `runs` stretches of `depth` floats, `runGap` floats between them.
struct InputRows {
  var start: Source
  var stride: Int
  var count: Int
  var depth: Int
  var runs = 1, runGap = 0
}

/// Panels of weights, and the output that rows of input times them go to.
struct Panels {
  /// Values of k, and columns over all panels.
  let depth, channels: Int
  let weights: Source
  /// Used instead of `weights` where set.
  let halfWeights: UnsafePointer<UInt16>?
  /// Of row 0 and panel 0.
  let output: Target
  let outputStride: Int
  let bias, residual: Source?
  let residualStride: Int
  let low, high: Float
  /// `scratchFloats` of stand-ins for the output, the residual and the bias, for columns that don't fill a tile.
  let scratch: Target
  let rows: Int

  static func scratchFloats(rows: Int) -> Int { (2 * rows + 1) * panelWidth }

  /// Multiplies rows that hold values `k ..< k + rows.depth · rows.runs`, the first of them for row `row` of the output, by one panel. Sums
  /// of more values are taken up again where `k` is not 0, and bias, residual and clamp follow where `isLast`.
  func multiply(_ rows: InputRows, row: Int, panel: Int, k: Int, isFirst: Bool, isLast: Bool) {
    let first = panel * panelWidth
    let columns = min(panelWidth, channels - first)
    let stride = (columns + 3) & ~3
    let offset = first * depth + k * stride
    let values = rows.depth * rows.runs
    var product = Product(
      input: rows.start, inputStride: rows.stride, weights: weights, weightsStride: stride, depth: rows.depth, upcoming: weights,
      output: output + row * outputStride + first, outputStride: outputStride, continues: !isFirst, finishes: isLast,
      bias: bias.map { $0 + first }, residual: residual.map { $0 + row * residualStride + first }, residualStride: residualStride,
      low: low, high: high, halfWeights: halfWeights, runs: rows.runs, runGap: rows.runGap)

    // One row is done with a panel as soon as it's read, which leaves no time to fetch another.
    let step = rows.count == 1 ? panelWidth : 2 * Vector.lanes
    let next = rows.count == 1 ? offset : offset + panelWidth * depth
    product.upcoming = address(next)
    var column = 0
    while column < columns {
      product.weights = weights + offset + column
      product.halfWeights = halfWeights.map { $0 + offset + column }
      multiply(product, row: row, rows: rows.count, count: min(step, columns - column))
      product.upcoming += values * 16
      product.output += step
      product.bias = product.bias.map { $0 + step }
      product.residual = product.residual.map { $0 + step }
      column += step
    }
  }

  /// Where a weight lies, as something to fetch.
  private func address(_ offset: Int) -> Source {
    guard let halfWeights else { return weights + offset }
    return UnsafeRawPointer(halfWeights + offset).assumingMemoryBound(to: Float.self)
  }

  /// One tile's width of columns, through the stand-ins if there are fewer.
  @inline(__always)
  private func multiply(_ product: Product, row: Int, rows: Int, count: Int) {
    let vectors = rows == 1 ? RowTile.Element.count : count > Vector.lanes ? 2 : 1
    if count == vectors * Vector.lanes { return multiply(product, rows: rows, vectors: vectors) }

    let sums = scratch + row * panelWidth
    let residual = sums + self.rows * panelWidth
    let bias = scratch + 2 * self.rows * panelWidth
    var edge = product
    edge.output = sums
    edge.outputStride = panelWidth
    if product.finishes {
      edge.bias = product.bias.map {
        copy($0, to: bias, count: count)
        return Source(bias)
      }
      edge.residual = product.residual.map {
        copyRows($0, stride: product.residualStride, to: residual, stride: panelWidth, rows: rows, columns: count)
        return Source(residual)
      }
      edge.residualStride = panelWidth
    }
    multiply(edge, rows: rows, vectors: vectors)
    if product.finishes {
      copyRows(sums, stride: panelWidth, to: product.output, stride: product.outputStride, rows: rows, columns: count)
    }
  }

  private func multiply(_ product: Product, rows: Int, vectors: Int) {
    if rows == 1 {
      product.compute(RowTile.self, row: 0)
    } else if vectors == 2 {
      product.compute(InlineArray<2, Vector>.self, rows: rows)
    } else {
      product.compute(InlineArray<1, Vector>.self, rows: rows)
    }
  }
}
