import PrefactorGraph
import PrefactorLinearAlgebra
import PrefactorModelFormat

/// A layer's chain with its weights, as it will be deployed.
public struct FactoredLayer {
  public let links: [Link]
  /// Of each link, those of parallel layers one after the other.
  public let weights: [Tensor]
  /// As in ``ChainWeights``.
  public let inputOrders: [[Int]?], outputOrder: [Int]?
  /// ‖W̃ − W‖ / ‖W‖ in the Frobenius norm. W̃ is multiplied out from the float32 weights of the chain, whatever method they come from.
  public let relativeError: Double
}

extension Method {
  public func factor(_ layer: DenseLayer, _ values: [Int]) throws(LinearAlgebraError) -> FactoredLayer {
    var links = chain(for: layer, values)
    links[links.count - 1].clamp = layer.link.clamp
    let chain = try weights(for: layer, values)
    let weights = zip(links, chain.links).map { Tensor($0.jointWeightDims, $1.elements.map(Float.init)) }
    let kernel = zip(links, weights).map { Kernel($0, $1) }.product(reading: chain.inputOrders).ordered(filters: chain.outputOrder)
    return FactoredLayer(
      links: links, weights: weights, inputOrders: chain.inputOrders, outputOrder: chain.outputOrder,
      relativeError: relativeDistance(from: layer.weights, to: kernel.elements))
  }
}

private func relativeDistance(from original: Tensor, to approximation: [Double]) -> Double {
  var (distance, norm) = (0.0, 0.0)
  for (original, approximation) in zip(original.floats, approximation) {
    let original = Double(original)
    distance += (approximation - original) * (approximation - original)
    norm += original * original
  }
  return distance == 0 ? 0 : (distance / norm).squareRoot()
}
