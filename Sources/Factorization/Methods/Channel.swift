/// `rank` filters with the layer's own window, then 1×1 to all outputs (Zhang et al. 2015): the filters' low-rank
/// approximation.
struct Channel: FilterMethod {
  let name = "channel"

  var rank = 1

  func refusal(of layer: DenseLayer) -> String? { layer.refusalOfWindowMethods }

  func fullRank(of layer: DenseLayer) -> Int {
    min(layer[.filter], layer[.height] * layer[.width] * layer[.channel])
  }

  func chain(for layer: DenseLayer) -> [Factor] {
    [
      .convolution(layer.window, from: layer[.channel], to: rank),
      .pointwise(from: rank, to: layer[.filter]),
    ]
  }
}
