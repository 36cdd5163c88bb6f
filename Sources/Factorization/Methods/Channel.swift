/// `rank` filters with the layer's own window, then 1×1 to all outputs (Zhang et al. 2015): the filters' low-rank
/// approximation.
struct Channel: FilterMethod {
  let name = "channel"

  func refusal(of layer: DenseLayer) -> String? { layer.refusalOfWindowMethods }

  func hyperparameters(of layer: DenseLayer) -> [Hyperparameter] {
    let inputs = layer[.height] * layer[.width] * layer[.channel]
    return [Hyperparameter(name: "rank", accepted: 1...min(layer[.filter], inputs))]
  }

  func chain(for layer: DenseLayer, _ values: [Int]) -> [Factor] {
    [
      .convolution(layer.window, from: layer[.channel], to: values[0]),
      .pointwise(from: values[0], to: layer[.filter]),
    ]
  }
}
