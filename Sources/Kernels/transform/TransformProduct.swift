import KernelContract

/// The matrix products of a block: at each position, rows of transformed input, one a tile, times panels of transformed
/// weights.
struct TransformProduct {
  private let layout: TransformLayout
  private let tiles: Int
  private let panels: Range<Int>
  private let input, weights: Source
  private let sums: Target
  /// Floats of weights from position to position.
  private let weightsStep: Int

  /// Of the panels' channels, the first is the first of `sums`.
  init(
    _ layout: TransformLayout, tiles: Int, input: Target, weights: Source, group: Int, panels: Range<Int>, sums: Target
  ) {
    self.layout = layout
    self.tiles = tiles
    self.panels = panels
    self.input = Source(input)
    self.sums = sums
    weightsStep = pf_panel_floats(layout.inputs, layout.outputs)
    self.weights = weights + group * layout.positions * weightsStep
  }

  func multiply(_ position: Int) {
    var k = 0
    while k < layout.inputs {
      let depth = min(Int(PF_TILE_DEPTH), layout.inputs - k)
      for panel in panels { multiply(position, k: k, depth: depth, panel: panel) }
      k += depth
    }
  }

  private func multiply(_ position: Int, k: Int, depth: Int, panel: Int) {
    let isLast = panel + 1 == panels.upperBound
    let isDone = k + depth == layout.inputs
    let upcoming = weights(
      isLast && isDone ? position + 1 : position, k: isLast ? isDone ? 0 : k + depth : k,
      panel: isLast ? panels.lowerBound : panel + 1)
    let panelWeights = weights(position, k: k, panel: panel)
    var rows = InputRows(
      start: input + position * layout.inputStep(tiles) + k, stride: layout.inputStride, count: tiles, depth: depth)
    withUnsafePointer(to: &rows) { rows in
      var product = Product(
        rows: rows, weights: panelWeights, weightsStride: width(panel), upcoming: upcoming,
        output: sums + position * layout.sumStep(tiles) + (panel - panels.lowerBound) * panelWidth,
        outputStride: layout.sumStride,
        continues: k > 0, finishes: false, bias: nil, residual: nil, residualStride: 0, low: 0, high: 0)
      let columns = min(panelWidth, layout.outputs - panel * panelWidth)
      var first = 0
      while first < columns {
        // Columns beyond the last are other weights, or what follows them, and their sums lie in the gap between rows.
        product.weights = panelWeights + first
        if columns - first > Vector.lanes {
          product.compute(InlineArray<2, Vector>.self)
        } else {
          product.compute(InlineArray<1, Vector>.self)
        }
        product.output += 2 * Vector.lanes
        first += 2 * Vector.lanes
      }
    }
  }

  private func width(_ panel: Int) -> Int { pf_panel_stride(layout.outputs - panel * panelWidth) }

  /// A panel of a position, from row k on.
  private func weights(_ position: Int, k: Int, panel: Int) -> Source {
    weights + position * weightsStep + panel * panelWidth * layout.inputs + k * width(panel)
  }
}
