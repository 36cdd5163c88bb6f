import PrefactorLinearAlgebra

/// Filters and channels in clusters, each block between two of which is 1×1 to `k1` channels, the window to `k2` and
/// 1×1 to the cluster's outputs (Denton et al. 2014): a Tucker decomposition of each block.
struct BiclusterSVD: Method {
  let name = "bicluster-svd"

  var inputClusters = 1, outputClusters = 1, k1 = 1, k2 = 1

  var values: [Int] {
    get { [inputClusters, outputClusters, k1, k2] }
    set { (inputClusters, outputClusters, k1, k2) = (newValue[0], newValue[1], newValue[2], newValue[3]) }
  }

  /// Factors that are parallel would have to be put in order between groups.
  let joinsGroups = false

  func refusal(of layer: DenseLayer) -> String? { layer.refusalOfWindowMethods }

  func hyperparameters(of layer: DenseLayer) -> [Hyperparameter] {
    let block = layer.blockSizes(inputClusters, outputClusters)
    return layer.clusterHyperparameters + [
      Hyperparameter(name: "k1", accepted: 1...min(block.channels, block.positions * block.filters)),
      Hyperparameter(name: "k2", accepted: 1...min(block.filters, block.positions * block.channels)),
    ]
  }

  func chain(for layer: DenseLayer) -> [Factor] {
    let blocks = inputClusters * outputClusters
    return [
      .pointwise(from: layer[.channel], to: inputClusters * k1, groups: inputClusters, parallel: outputClusters),
      .convolution(layer.window, from: blocks * k1, to: blocks * k2, groups: blocks),
      .pointwise(from: blocks * k2, to: layer[.filter], groups: outputClusters),
    ]
  }

  func weights(for layer: DenseLayer) throws(LinearAlgebraError) -> ChainWeights {
    let positions = layer[.height] * layer[.width]
    let clusters = Biclusters(of: layer, inputs: inputClusters, outputs: outputClusters)
    return try clusters.chain { block throws(LinearAlgebraError) in
      let tucker = try Tucker2Decomposition(of: block, positions: positions, inputRank: k1, outputRank: k2)
      return (tucker.inputs, tucker.core, tucker.outputs)
    }
  }
}

extension DenseLayer {
  var clusterHyperparameters: [Hyperparameter] {
    [
      Hyperparameter(name: "inputClusters", accepted: self[.channel].divisors),
      Hyperparameter(name: "outputClusters", accepted: self[.filter].divisors),
    ]
  }

  /// Of each block between an input cluster and an output cluster.
  func blockSizes(_ inputClusters: Int, _ outputClusters: Int) -> (channels: Int, positions: Int, filters: Int) {
    (self[.channel] / inputClusters, self[.height] * self[.width], self[.filter] / outputClusters)
  }
}
