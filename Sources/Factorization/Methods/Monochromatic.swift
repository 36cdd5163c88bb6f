import PrefactorLinearAlgebra

/// 1×1 to `colors` channels, then for each filter a window over one of them (Denton et al. 2014). As many filters read
/// each color. The colors are put in the filters' order rather than the filters in that of their colors, so that the
/// layer's outputs stay in theirs.
struct Monochromatic: Method {
  let name = "monochromatic"

  var colors = 1

  var values: [Int] {
    get { [colors] }
    set { colors = newValue[0] }
  }

  func refusal(of layer: DenseLayer) -> String? { layer.refusalOfWindowMethods }

  func hyperparameters(of layer: DenseLayer) -> [Hyperparameter] {
    [Hyperparameter(name: "colors", accepted: layer[.filter].divisors)]
  }

  func chain(for layer: DenseLayer) -> [Factor] {
    [
      .pointwise(from: layer[.channel], to: colors),
      .convolution(layer.window, from: layer[.filter], to: layer[.filter], groups: layer[.filter]),
    ]
  }

  func weights(for layer: DenseLayer) throws(LinearAlgebraError) -> ChainWeights {
    let positions = layer[.height] * layer[.width]
    let pixels = layer.unfolded(rows: [.filter, .height, .width], columns: [.channel])
    let factors = try ColorClusters.best(pixels, positions: positions, clusters: colors).factors
    return ChainWeights([factors.colors, factors.windows], inputOrders: [nil, factors.colorOfFilter])
  }

  /// Fits of colors and windows in turn with swaps of filters between clusters, all in the metric. It starts where
  /// other methods do, and from the fit with fewer colors whose clusters are each cut in equal parts, so that more
  /// colors are never worse.
  func weights(for layer: DenseLayer, in metric: ErrorMetric) throws(LinearAlgebraError) -> ChainWeights {
    if metric.kind == .frobenius { return try weights(for: layer) }
    let factors = chain(for: layer)
    var starts = [try weights(for: layer), try whitenedWeights(for: layer, in: metric)]
    if let parts = (2...max(2, colors)).first(where: { colors % $0 == 0 }), colors > 1 {
      let fewer = Monochromatic(colors: colors / parts)
      starts.append(divided(try fewer.weights(for: layer, in: metric), parts, of: layer))
    }
    var fits: [ChainFit] = []
    for start in starts {
      var fit = ChainFit(layer, factors, start, metric)
      for _ in 0..<Self.maximumSwaps {
        try fit.sweep()
        guard let swapped = try swapped(fit.chain, layer, metric) else { break }
        fit = ChainFit(layer, factors, swapped, metric)
      }
      fits.append(fit)
    }
    return try ChainFit.best(of: fits).chain
  }

  private static let maximumSwaps = 20
  /// The part of all filters' squared norm below which a gain is taken for one of rounding.
  private static let negligible = 1e-9

  /// Nil where no two filters gain by changing colors.
  private func swapped(_ chain: ChainWeights, _ layer: DenseLayer, _ metric: ErrorMetric) throws(LinearAlgebraError)
    -> ChainWeights?
  {
    let filters = layer.filters
    let colors = chain.factors[0]
    var windows: [Matrix] = []
    var kept = Matrix(rows: filters.rows, columns: colors.rows)
    for color in 0..<colors.rows {
      let fit = try metric.windows(
        of: filters, positions: layer[.height] * layer[.width], on: colors.selecting(rows: [color]).elements)
      windows.append(fit.windows)
      for filter in 0..<filters.rows { kept[filter, color] = fit.kept[filter] }
    }
    var cluster = chain.inputOrders[1] ?? Array(0..<filters.rows)
    guard cluster.swapPairs(keeping: kept, atLeast: Self.negligible * inner(filters, metric.definiteForm(filters)))
    else { return nil }
    let rows = cluster.enumerated().map { filter, color in windows[color].selecting(rows: [filter]) }
    return ChainWeights([colors, .stacked(rows)], inputOrders: [nil, cluster])
  }

  /// The same with each color taken several times, by as many filters each.
  private func divided(_ chain: ChainWeights, _ parts: Int, of layer: DenseLayer) -> ChainWeights {
    let colors = chain.factors[0].rows
    let cluster = chain.inputOrders[1] ?? Array(0..<layer[.filter])
    var seen = [Int](repeating: 0, count: colors)
    let divided = cluster.map { color in
      defer { seen[color] += 1 }
      return color * parts + seen[color] % parts
    }
    return ChainWeights(
      [chain.factors[0].selecting(rows: (0..<colors * parts).map { $0 / parts }), chain.factors[1]],
      inputOrders: [nil, divided])
  }
}
