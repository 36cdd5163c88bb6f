import PrefactorLinearAlgebra

/// Filters and channels in clusters, each block between two of which is a sum of `terms` outer products of channels,
/// window and filters (Denton et al. 2014): a canonical polyadic decomposition of each block.
struct BiclusterOuter: Method {
  let name = "bicluster-outer"

  /// Factors that are parallel would have to be put in order between groups.
  let joinsGroups = false

  func refusal(of layer: DenseLayer) -> String? { layer.refusalOfWindowMethods }

  func hyperparameters(of layer: DenseLayer) -> [Hyperparameter] { hyperparameters(of: layer, given: []) }

  func hyperparameters(of layer: DenseLayer, given values: [Int]) -> [Hyperparameter] {
    let block = layer.blockSizes(given: values)
    return layer.clusterHyperparameters + [
      Hyperparameter(
        name: "terms", accepted: 1...ThirdOrderTensor.fullRank(block.channels, block.positions, block.filters))
    ]
  }

  func chain(for layer: DenseLayer, _ values: [Int]) -> [Factor] {
    let (inputs, outputs, terms) = (values[0], values[1], values[2])
    let all = inputs * outputs * terms
    return [
      .pointwise(from: layer[.channel], to: inputs * terms, groups: inputs, parallel: outputs),
      .convolution(layer.window, from: all, to: all, groups: all),
      .pointwise(from: all, to: layer[.filter], groups: outputs),
    ]
  }

  func weights(for layer: DenseLayer, _ values: [Int]) throws(LinearAlgebraError) -> ChainWeights {
    let positions = layer[.height] * layer[.width]
    return try Biclusters(of: layer, inputs: values[0], outputs: values[1]).chain { block throws(LinearAlgebraError) in
      let tensor = ThirdOrderTensor(block, sizeOfSecondMode: positions)
      let factors = try CanonicalPolyadic(of: tensor, terms: values[2]).balancedFactors
      return (factors[2].transpose, factors[1].transpose, factors[0])
    }
  }
}
