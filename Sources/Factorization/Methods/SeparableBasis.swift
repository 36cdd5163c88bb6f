import PrefactorLinearAlgebra

/// `terms` separable filters on each of the channels, as a column of the window and then a row of it, which all outputs
/// share; 1×1 to these (Jaderberg et al. 2014, scheme 1). W[f,x,y,c] ≈ Σₘ a[f,c,m] · v[x,c,m] · h[y,c,m] is a canonical
/// polyadic decomposition of each channel's part.
struct SeparableBasis: Method {
  let name = "separable-basis"

  var terms = 1

  var values: [Int] {
    get { [terms] }
    set { terms = newValue[0] }
  }

  func refusal(of layer: DenseLayer) -> String? { layer.refusalOfWindowMethods }

  func hyperparameters(of layer: DenseLayer) -> [Hyperparameter] {
    let full = ThirdOrderTensor.fullRank(layer[.filter], layer[.height], layer[.width])
    return [Hyperparameter(name: "terms", accepted: 1...full)]
  }

  func chain(for layer: DenseLayer) -> [Factor] {
    let (channels, all) = (layer[.channel], layer[.channel] * terms)
    return [
      .convolution(layer.window.vertical, from: channels, to: all, groups: channels),
      .convolution(layer.window.horizontal, from: all, to: all, groups: all),
      .pointwise(from: all, to: layer[.filter]),
    ]
  }

  func weights(for layer: DenseLayer) throws(LinearAlgebraError) -> ChainWeights {
    let windows = layer.unfolded(rows: [.channel, .filter], columns: [.height, .width])
    var (columns, rows, mixing): ([Matrix], [Matrix], [Matrix]) = ([], [], [])
    for channel in 0..<layer[.channel] {
      let part = windows.selecting(rows: Array(channel * layer[.filter]..<(channel + 1) * layer[.filter]))
      let tensor = ThirdOrderTensor(part, sizeOfSecondMode: layer[.height])
      let factors = try CanonicalPolyadic(of: tensor, terms: terms).balancedFactors
      mixing.append(factors[0])
      columns.append(factors[1].transpose)
      rows.append(factors[2].transpose)
    }
    return ChainWeights([.stacked(columns), .stacked(rows), .joined(mixing)])
  }
}
