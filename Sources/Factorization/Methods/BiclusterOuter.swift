import PrefactorLinearAlgebra

/// Filters and channels in clusters, each block between two of which is a sum of `terms` outer products of channels,
/// window and filters (Denton et al. 2014): a canonical polyadic decomposition of each block.
struct BiclusterOuter: Method {
  let name = "bicluster-outer"

  var inputClusters = 1, outputClusters = 1, terms = 1

  var values: [Int] {
    get { [inputClusters, outputClusters, terms] }
    set { (inputClusters, outputClusters, terms) = (newValue[0], newValue[1], newValue[2]) }
  }

  /// Factors that are parallel would have to be put in order between groups.
  let joinsGroups = false

  func refusal(of layer: DenseLayer) -> String? { layer.refusalOfWindowMethods }

  func hyperparameters(of layer: DenseLayer) -> [Hyperparameter] {
    let block = layer.blockSizes(inputClusters, outputClusters)
    return layer.clusterHyperparameters + [
      Hyperparameter(
        name: "terms", accepted: 1...ThirdOrderTensor.fullRank(block.channels, block.positions, block.filters))
    ]
  }

  func chain(for layer: DenseLayer) -> [Factor] {
    let all = inputClusters * outputClusters * terms
    return [
      .pointwise(from: layer[.channel], to: inputClusters * terms, groups: inputClusters, parallel: outputClusters),
      .convolution(layer.window, from: all, to: all, groups: all),
      .pointwise(from: all, to: layer[.filter], groups: outputClusters),
    ]
  }

  func weights(for layer: DenseLayer) throws(LinearAlgebraError) -> ChainWeights {
    let positions = layer[.height] * layer[.width]
    let clusters = Biclusters(of: layer, inputs: inputClusters, outputs: outputClusters)
    return try clusters.chain { block throws(LinearAlgebraError) in
      let tensor = ThirdOrderTensor(block, sizeOfSecondMode: positions)
      let factors = try CanonicalPolyadic(of: tensor, terms: terms).balancedFactors
      return (factors[2].transpose, factors[1].transpose, factors[0])
    }
  }
}
