import PrefactorLinearAlgebra

/// The weights of a chain, fitted to a layer's filters in a metric.
///
/// What a chain computes is linear in the weights of each of its factors, so that the square of the error is a
/// quadratic function of these, which conjugate gradients lower one factor after the other. No step of theirs raises
/// it, whatever the factor is: dense, in groups, or with a window. So this is alternating least squares for every
/// method, and the joint refit of all blocks and terms.
struct ChainFit {
  let factors: [Factor]
  let inputOrders: [[Int]?], outputOrder: [Int]?
  private(set) var weights: [Matrix]
  /// Of the definite form of the metric: at the start, and after each sweep.
  private(set) var errors: [Double] = []

  private let filters: Matrix
  private let metric: ErrorMetric
  private let width: Int

  init(_ layer: DenseLayer, _ factors: [Factor], _ chain: ChainWeights, _ metric: ErrorMetric) {
    self.factors = factors
    self.metric = metric
    (weights, inputOrders, outputOrder) = (chain.factors, chain.inputOrders, chain.outputOrder)
    (filters, width) = (layer.filters, layer[.width])
  }

  var chain: ChainWeights { ChainWeights(weights, inputOrders: inputOrders, outputOrder: outputOrder) }

  /// A few sweeps tell which of several starts leads furthest, which then goes on until it gains little.
  static func best(of starts: [ChainFit]) throws(LinearAlgebraError) -> ChainFit {
    var best: ChainFit?
    for var fit in starts {
      for _ in 0..<firstSweeps { try fit.sweep() }
      if best == nil || fit.errors.last! < best!.errors.last! { best = fit }
    }
    guard var fit = best else { preconditionFailure("there is always a start") }
    for _ in firstSweeps..<maximumSweeps {
      try fit.sweep()
      let (before, error) = (fit.errors[fit.errors.count - 2], fit.errors.last!)
      if before - error <= negligible * error { break }
    }
    return fit
  }

  private static let firstSweeps = 2
  private static let maximumSweeps = 30
  /// The part of the squared error below which a sweep's gain ends the iteration.
  private static let negligible = 2e-3

  /// The last factor first: it is the one that one step makes right in most metrics.
  mutating func sweep() throws(LinearAlgebraError) {
    var error = 0.0
    for index in factors.indices.reversed() {
      let part = ChainPart(factors, weights, index, inputOrders: inputOrders, outputOrder: outputOrder, width: width)
      let before: Double
      (weights[index], before, error) = try part.fitted(to: filters, metric)
      if errors.isEmpty { errors.append(before) }
    }
    errors.append(error)
  }
}
