/// Of fully-connected layers and convolutions of 1×1: W ≈ U·V through `rank` numbers in between.
struct SVD: FilterMethod {
  let name = "svd"

  var rank = 1

  func refusal(of layer: DenseLayer) -> String? {
    layer[.height] * layer[.width] == 1 ? nil : "its window is larger than 1×1"
  }

  func fullRank(of layer: DenseLayer) -> Int { min(layer[.filter], layer[.channel]) }

  func chain(for layer: DenseLayer) -> [Factor] {
    if case .fullyConnected = layer.operation {
      return [
        .fullyConnected(from: layer[.channel], to: rank), .fullyConnected(from: rank, to: layer[.filter]),
      ]
    }
    return [
      .convolution(layer.window, from: layer[.channel], to: rank),
      .pointwise(from: rank, to: layer[.filter]),
    ]
  }
}
