import PrefactorLinearAlgebra

/// 1×1 to `rank` channels, a window over each of them, 1×1 to all outputs (Lebedev et al. 2015): the canonical polyadic
/// decomposition of the weights along filters, positions and channels.
struct CP: RankMethod {
  let name = "cp"

  var rank = 1

  func refusal(of layer: DenseLayer) -> String? { layer.refusalOfWindowMethods }

  func fullRank(of layer: DenseLayer) -> Int {
    ThirdOrderTensor.fullRank(layer[.filter], layer[.height] * layer[.width], layer[.channel])
  }

  func chain(for layer: DenseLayer) -> [Factor] {
    [
      .pointwise(from: layer[.channel], to: rank),
      .convolution(layer.window, from: rank, to: rank, groups: rank),
      .pointwise(from: rank, to: layer[.filter]),
    ]
  }

  func weights(for layer: DenseLayer) throws(LinearAlgebraError) -> ChainWeights {
    let tensor = ThirdOrderTensor(layer.filters, sizeOfSecondMode: layer[.height] * layer[.width])
    let factors = try CanonicalPolyadic(of: tensor, terms: rank).balancedFactors
    return ChainWeights([factors[2].transpose, factors[1].transpose, factors[0]])
  }
}
