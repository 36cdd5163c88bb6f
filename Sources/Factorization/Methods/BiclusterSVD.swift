import PrefactorLinearAlgebra

/// Filters and channels in clusters, each block between two of which is 1×1 to `k1` channels, the window to `k2` and
/// 1×1 to the cluster's outputs (Denton et al. 2014): a Tucker decomposition of each block.
struct BiclusterSVD: Method {
  let name = "bicluster-svd"

  /// Factors that are parallel would have to be put in order between groups.
  let joinsGroups = false

  func refusal(of layer: DenseLayer) -> String? { layer.refusalOfWindowMethods }

  func hyperparameters(of layer: DenseLayer) -> [Hyperparameter] { hyperparameters(of: layer, given: []) }

  func hyperparameters(of layer: DenseLayer, given values: [Int]) -> [Hyperparameter] {
    let block = layer.blockSizes(given: values)
    return layer.clusterHyperparameters + [
      Hyperparameter(name: "k1", accepted: 1...min(block.channels, block.positions * block.filters)),
      Hyperparameter(name: "k2", accepted: 1...min(block.filters, block.positions * block.channels)),
    ]
  }

  func chain(for layer: DenseLayer, _ values: [Int]) -> [Factor] {
    let (inputs, outputs, inputRank, outputRank) = (values[0], values[1], values[2], values[3])
    let blocks = inputs * outputs
    return [
      .pointwise(from: layer[.channel], to: inputs * inputRank, groups: inputs, parallel: outputs),
      .convolution(layer.window, from: blocks * inputRank, to: blocks * outputRank, groups: blocks),
      .pointwise(from: blocks * outputRank, to: layer[.filter], groups: outputs),
    ]
  }

  func weights(for layer: DenseLayer, _ values: [Int]) throws(LinearAlgebraError) -> ChainWeights {
    let positions = layer[.height] * layer[.width]
    return try Biclusters(of: layer, inputs: values[0], outputs: values[1]).chain { block throws(LinearAlgebraError) in
      let tucker = try Tucker2Decomposition(
        of: block, positions: positions, inputRank: values[2], outputRank: values[3])
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

  /// Of each block between an input cluster and an output cluster, whose numbers are the first values; as large as can
  /// be where they are not known.
  func blockSizes(given values: [Int]) -> (channels: Int, positions: Int, filters: Int) {
    let clusters = values.count >= 2 ? (values[0], values[1]) : (1, 1)
    return (self[.channel] / clusters.0, self[.height] * self[.width], self[.filter] / clusters.1)
  }
}
