import PrefactorLinearAlgebra

/// 1×1 to `rank` channels, a window over each of them, 1×1 to all outputs (Lebedev et al. 2015): the canonical polyadic
/// decomposition of the weights along filters, positions and channels.
struct CP: Method {
  let name = "cp"

  func refusal(of layer: DenseLayer) -> String? { layer.refusalOfWindowMethods }

  func hyperparameters(of layer: DenseLayer) -> [Hyperparameter] {
    let full = ThirdOrderTensor.fullRank(layer[.filter], layer[.height] * layer[.width], layer[.channel])
    return [Hyperparameter(name: "rank", accepted: 1...full)]
  }

  func chain(for layer: DenseLayer, _ values: [Int]) -> [Factor] {
    [
      .pointwise(from: layer[.channel], to: values[0]),
      .convolution(layer.window, from: values[0], to: values[0], groups: values[0]),
      .pointwise(from: values[0], to: layer[.filter]),
    ]
  }

  func weights(for layer: DenseLayer, _ values: [Int]) throws(LinearAlgebraError) -> ChainWeights {
    let tensor = ThirdOrderTensor(layer.filters, sizeOfSecondMode: layer[.height] * layer[.width])
    let factors = try CanonicalPolyadic(of: tensor, terms: values[0]).balancedFactors
    return ChainWeights([factors[2].transpose, factors[1].transpose, factors[0]])
  }
}
