/// Of fully-connected layers and convolutions of 1×1: W ≈ U·V through `rank` numbers in between.
struct SVD: FilterMethod {
  let name = "svd"

  func refusal(of layer: DenseLayer) -> String? {
    layer[.height] * layer[.width] == 1 ? nil : "its window is larger than 1×1"
  }

  func hyperparameters(of layer: DenseLayer) -> [Hyperparameter] {
    [Hyperparameter(name: "rank", accepted: 1...min(layer[.filter], layer[.channel]))]
  }

  func chain(for layer: DenseLayer, _ values: [Int]) -> [Factor] {
    if case .fullyConnected = layer.operation {
      return [
        .fullyConnected(from: layer[.channel], to: values[0]), .fullyConnected(from: values[0], to: layer[.filter]),
      ]
    }
    return [
      .convolution(layer.window, from: layer[.channel], to: values[0]),
      .pointwise(from: values[0], to: layer[.filter]),
    ]
  }
}
