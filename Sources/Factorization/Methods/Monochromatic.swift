import PrefactorLinearAlgebra

/// 1×1 to `colors` channels, then for each filter a window over one of them (Denton et al. 2014). As many filters read each color. The
/// colors are put in the filters' order rather than the filters in that of their colors, so that the layer's outputs stay in theirs.
struct Monochromatic: Method {
  let name = "monochromatic"

  func refusal(of layer: DenseLayer) -> String? { layer.refusalOfWindowMethods }

  func hyperparameters(of layer: DenseLayer) -> [Hyperparameter] {
    [Hyperparameter(name: "colors", accepted: layer[.filter].divisors)]
  }

  func chain(for layer: DenseLayer, _ values: [Int]) -> [Link] {
    [
      .pointwise(from: layer[.channel], to: values[0]),
      .convolution(layer.window, from: layer[.filter], to: layer[.filter], groups: layer[.filter]),
    ]
  }

  func weights(for layer: DenseLayer, _ values: [Int]) throws(LinearAlgebraError) -> ChainWeights {
    let positions = layer[.height] * layer[.width]
    let pixels = layer.unfolded(rows: [.filter, .height, .width], columns: [.channel])
    let factors = try ColorClusters.best(pixels, positions: positions, clusters: values[0]).factors
    return ChainWeights([factors.colors, factors.windows], inputOrders: [nil, factors.colorOfFilter])
  }
}
