import PrefactorGraph
import PrefactorLinearAlgebra
import PrefactorModelFormat

/// A layer's chain with its weights, as it will be deployed.
public struct FactoredLayer {
  public let factors: [Factor]
  /// Of each factor, those of parallel layers one after the other.
  public let weights: [Tensor]
  /// As in ``ChainWeights``.
  public let inputOrders: [[Int]?], outputOrder: [Int]?
  /// What the layer's bias, an element for each filter, has to be raised by; nil where the metric says nothing about
  /// the mean of its input.
  public let biasChange: [Double]?
  /// ‖W̃ − W‖² and ‖W‖² in the metric that the chain was fitted in. W̃ is multiplied out from the float32 weights of
  /// the chain, whatever method they come from.
  let squares: ErrorMetric.Squares

  /// ‖W̃ − W‖ / ‖W‖
  public var relativeError: Double { squares.relativeError }
}

extension Method {
  /// In a metric for each group of the layer.
  public func factor(_ layer: DenseLayer, in metrics: [ErrorMetric]) throws(LinearAlgebraError) -> FactoredLayer {
    var factored: [FactoredLayer] = []
    for (part, metric) in zip(layer.parts, metrics) { factored.append(try factor(part, in: metric)) }
    return FactoredLayer(joining: factored, of: layer)
  }

  /// A layer without groups.
  public func factor(_ layer: DenseLayer, in metric: ErrorMetric = .frobenius) throws(LinearAlgebraError)
    -> FactoredLayer
  {
    var factors = chain(for: layer)
    factors[factors.count - 1].clamp = layer.asFactor.clamp
    let chain = try weights(for: layer, in: metric)
    let weights = zip(factors, chain.factors).map { Tensor($0.jointWeightDims, $1.elements.map(Float.init)) }

    let filters = layer.filters
    let deployed = ChainWeights(
      weights.map(Matrix.init), inputOrders: chain.inputOrders, outputOrder: chain.outputOrder)
    let change = deployed.filters(factors).subtracting(filters)
    return FactoredLayer(
      factors: factors, weights: weights, inputOrders: chain.inputOrders, outputOrder: chain.outputOrder,
      biasChange: metric.mean.map { mean in
        Matrix(rows: 1, columns: mean.count, mean).timesTranspose(of: change).elements.map(-)
      },
      squares: metric.squares(of: change, filters))
  }
}

extension FactoredLayer {
  /// Of a layer's groups, which have chains of the same factors.
  fileprivate init(joining parts: [FactoredLayer], of layer: DenseLayer) {
    func joined(_ orders: [[Int]?], of count: Int) -> [Int]? {
      orders.contains { $0 != nil }
        ? orders.enumerated().flatMap { part, order in (order ?? Array(0..<count)).map { part * count + $0 } } : nil
    }
    factors = parts[0].factors.map { $0.inGroups(parts.count) }
    weights = zip(factors, parts[0].weights.indices).map { factor, index in
      Tensor(factor.jointWeightDims, parts.flatMap { $0.weights[index].floats })
    }
    inputOrders = parts[0].factors.indices.map { index in
      // Channels of what the factor before it gives to one group.
      joined(
        parts.map { $0.inputOrders[index] },
        of: index == 0 ? layer[.channel] : parts[0].factors[index - 1].jointWeightDims[0])
    }
    outputOrder = joined(parts.map(\.outputOrder), of: layer[.filter] / parts.count)
    biasChange = parts.allSatisfy { $0.biasChange != nil } ? parts.flatMap { $0.biasChange! } : nil
    squares = ErrorMetric.Squares(
      error: parts.reduce(0) { $0 + $1.squares.error }, whole: parts.reduce(0) { $0 + $1.squares.whole })
  }

  /// W̃, as it is deployed: a row for each of the layer's filters.
  public var filters: Matrix {
    ChainWeights(weights.map(Matrix.init), inputOrders: inputOrders, outputOrder: outputOrder).filters(factors)
  }
}

extension ChainWeights {
  /// What they make with the factors of their chain.
  func filters(_ chain: [Factor]) -> Matrix {
    let kernel = zip(chain, factors).map { Kernel($0, $1) }.product(reading: inputOrders).ordered(filters: outputOrder)
    return Matrix(rows: kernel.filters, columns: kernel.height * kernel.width * kernel.channels, kernel.elements)
  }
}

extension Matrix {
  /// Of a tensor whose first dimension counts the rows.
  fileprivate init(_ tensor: Tensor) {
    self.init(rows: tensor.dims[0], columns: tensor.count / tensor.dims[0], tensor.floats.map(Double.init))
  }
}
