import PrefactorLinearAlgebra

/// `terms` separable filters on each of the channels, the same on all, as a column of the window and then a row of it; 1×1 to all outputs
/// (Jaderberg et al. 2014, scheme 1). W[f,x,y,c] ≈ Σₘ a[(f,c),m] · v[x,m] · h[y,m] is a canonical polyadic decomposition whose
/// first mode runs through filters and channels.
struct SeparableBasis: Method {
  let name = "separable-basis"

  func refusal(of layer: DenseLayer) -> String? { layer.refusalOfWindowMethods }

  func hyperparameters(of layer: DenseLayer) -> [Hyperparameter] {
    let full = ThirdOrderTensor.fullRank(layer[.filter] * layer[.channel], layer[.height], layer[.width])
    return [Hyperparameter(name: "terms", accepted: 1...full)]
  }

  func chain(for layer: DenseLayer, _ values: [Int]) -> [Link] {
    let (channels, all) = (layer[.channel], layer[.channel] * values[0])
    return [
      .convolution(layer.window.vertical, from: channels, to: all, groups: channels),
      .convolution(layer.window.horizontal, from: all, to: all, groups: all),
      .pointwise(from: all, to: layer[.filter]),
    ]
  }

  func weights(for layer: DenseLayer, _ values: [Int]) throws(LinearAlgebraError) -> ChainWeights {
    let windows = layer.unfolded(rows: [.filter, .channel], columns: [.height, .width])
    let tensor = ThirdOrderTensor(windows, sizeOfSecondMode: layer[.height])
    let factors = try CanonicalPolyadic(of: tensor, terms: values[0]).balancedFactors
    let (columns, rows) = (factors[1].transpose, factors[2].transpose)
    func onEachChannel(_ filters: Matrix) -> Matrix { .stacked(Array(repeating: filters, count: layer[.channel])) }
    let mixing = factors[0].reshaped(rows: layer[.filter], columns: layer[.channel] * values[0])
    return ChainWeights([onEachChannel(columns), onEachChannel(rows), mixing])
  }
}
