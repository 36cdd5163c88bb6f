import KernelContract

private let panelWidth = Int(PF_PANEL_WIDTH)

/// The matrix products of a block: at each position, rows of transformed input, one a tile, times panels of transformed weights.
struct TiledProduct {
  private let layout: TiledLayout
  private let tiles: Int
  private let input, weights: Source
  private let sums: Target
  /// Floats of weights from position to position.
  private let weightsStep: Int

  init(_ layout: TiledLayout, tiles: Int, input: Target, weights: Source, group: Int, sums: Target) {
    self.layout = layout
    self.tiles = tiles
    self.input = Source(input)
    self.sums = sums
    weightsStep = pf_panel_floats(layout.inputs, layout.outputs)
    self.weights = weights + group * layout.positions * weightsStep
  }

  /// Sums of the panels' channels, beginning with the first of these.
  func multiply(panels: Range<Int>) {
    for position in 0..<layout.positions {
      var k = 0
      while k < layout.inputs {
        let depth = min(Int(PF_TILE_DEPTH), layout.inputs - k)
        for panel in panels { multiply(position, k: k, depth: depth, panel: panel, to: (panel - panels.lowerBound) * panelWidth) }
        k += depth
      }
    }
  }

  private func multiply(_ position: Int, k: Int, depth: Int, panel: Int, to column: Int) {
    let columns = min(panelWidth, layout.outputs - panel * panelWidth)
    let stride = (columns + 3) & ~3
    let panelWeights = weights + position * weightsStep + panel * panelWidth * layout.inputs + k * stride
    var product = Product(
      input: input + position * layout.inputStep(tiles) + k, inputStride: layout.inputStride, weights: panelWeights,
      weightsStride: stride, depth: depth, upcoming: panelWeights + panelWidth * layout.inputs,
      output: sums + position * layout.sumStep(tiles) + column, outputStride: layout.sumStride,
      continues: k > 0, finishes: false, bias: nil, residual: nil, residualStride: 0, low: 0, high: 0)
    var first = 0
    while first < columns {
      // Columns beyond the last are other weights, or what follows them, and their sums lie in the gap between rows.
      product.weights = panelWeights + first
      if columns - first > Vector.lanes {
        multiply(product, InlineArray<2, Vector>.self)
      } else {
        multiply(product, InlineArray<1, Vector>.self)
      }
      product.output += 2 * Vector.lanes
      first += 2 * Vector.lanes
    }
  }

  private func multiply<let vectors: Int>(_ product: Product, _: InlineArray<vectors, Vector>.Type) {
    var product = product
    var row = 0
    while tiles - row >= tileRows {
      product.compute(FullTile<vectors>.self, row: row)
      row += tileRows
      fetchFurther(&product, row)
    }
    if tileRows > 8 && tiles - row >= 8 {
      product.compute(Tile<8, vectors>.self, row: row)
      row += 8
      fetchFurther(&product, row)
    }
    while row < tiles {
      switch tiles - row {
      case 1: product.compute(Tile<1, vectors>.self, row: row)
      case 2: product.compute(Tile<2, vectors>.self, row: row)
      case 3: product.compute(Tile<3, vectors>.self, row: row)
      default: product.compute(Tile<4, vectors>.self, row: row)
      }
      row += min(4, tiles - row)
      fetchFurther(&product, row)
    }
  }

  /// A tile fetches a cache line for each value of k, and a panel's row has two.
  @inline(__always)
  private func fetchFurther(_ product: inout Product, _ row: Int) {
    if row <= 2 * tileRows { product.upcoming += product.depth * 16 }
  }
}
