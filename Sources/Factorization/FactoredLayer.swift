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
    let deployed = ChainWeights(weights.map(Matrix.init), inputOrders: chain.inputOrders, outputOrder: chain.outputOrder)
    let change = deployed.filters(links).subtracting(filters)
    return FactoredLayer(
      links: links, weights: weights, inputOrders: chain.inputOrders, outputOrder: chain.outputOrder,
      biasChange: metric.mean.map { mean in
        Matrix(rows: 1, columns: mean.count, mean).timesTranspose(of: change).elements.map(-)
      },
      relativeError: metric.relativeError(of: change, to: filters))
  }
}

extension FactoredLayer {
  /// W̃, as it is deployed: a row for each of the layer's filters.
  public var filters: Matrix {
    ChainWeights(weights.map(Matrix.init), inputOrders: inputOrders, outputOrder: outputOrder).filters(links)
  }
}

extension ChainWeights {
  /// What they make with the links of their chain.
  func filters(_ chain: [Link]) -> Matrix {
    let kernel = zip(chain, links).map { Kernel($0, $1) }.product(reading: inputOrders).ordered(filters: outputOrder)
    return Matrix(rows: kernel.filters, columns: kernel.height * kernel.width * kernel.channels, kernel.elements)
  }
}

extension Matrix {
  /// Of a tensor whose first dimension counts the rows.
  fileprivate init(_ tensor: Tensor) {
    self.init(rows: tensor.dims[0], columns: tensor.count / tensor.dims[0], tensor.floats.map(Double.init))
  }
}
