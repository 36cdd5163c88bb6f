import PrefactorGraph
import PrefactorLinearAlgebra
import PrefactorModelFormat

/// A layer's chain with its weights, as it will be deployed.
public struct FactoredLayer {
  public let links: [Link]
  /// Of each link, those of parallel layers one after the other.
  public let weights: [Tensor]
  /// As in ``ChainWeights``.
  public let inputOrder: [Int]?, outputOrder: [Int]?
  /// What the layer's bias, an element for each filter, has to be raised by; nil where the metric says nothing about the mean of its input.
  public let biasChange: [Double]?
  /// ‖W̃ − W‖ / ‖W‖ in the metric that the chain was fitted in. W̃ is multiplied out from the float32 weights of the chain, whatever method
  /// they come from.
  public let relativeError: Double
}

extension Method {
  public func factor(
    _ layer: DenseLayer, _ values: [Int], in metric: ErrorMetric = .frobenius
  ) throws(LinearAlgebraError) -> FactoredLayer {
    var links = chain(for: layer, values)
    links[links.count - 1].clamp = layer.link.clamp
    let chain = try weights(for: layer, values, in: metric)
    let weights = zip(links, chain.links).map { Tensor($0.jointWeightDims, $1.elements.map(Float.init)) }

    let filters = layer.filters
    let deployed = zip(links, weights).map { link, weights in
      Kernel(link, Matrix(rows: weights.dims[0], columns: weights.count / weights.dims[0], weights.floats.map(Double.init)))
    }
    let kernel = deployed.product.ordered(filters: chain.outputOrder, channels: chain.inputOrder)
    let change = Matrix(rows: filters.rows, columns: filters.columns, kernel.elements).subtracting(filters)
    return FactoredLayer(
      links: links, weights: weights, inputOrder: chain.inputOrder, outputOrder: chain.outputOrder,
      biasChange: metric.mean.map { mean in
        Matrix(rows: 1, columns: mean.count, mean).timesTranspose(of: change).elements.map(-)
      },
      relativeError: metric.relativeError(of: change, to: filters))
  }
}
