import PrefactorGraph
import PrefactorLinearAlgebra
import XCTest

@testable import PrefactorFactorization

/// Metrics by their definitions, and what fitting in them must satisfy whatever the method is.
final class MetricTests: XCTestCase {
  /// Of a chain whose weights are float32.
  private let rounding = 2e-6

  // MARK: Definitions

  func testDataErrorIsWhatChangesInTheOutputs() throws {
    let sample = Sample.all[4]
    let filters = sample.layer.filters
    var numbers = Numbers(seed: 13)
    let change = numbers.matrix(filters.rows, filters.columns)
    for count in [filters.columns / 2, 4 * filters.columns] {
      let windows = sample.windows(count)
      let centered = windows.subtractingFromRows(windows.sumOfRows.map { $0 / Double(count) })
      let expected =
        (change.timesTranspose(of: centered).squaredNorm / filters.timesTranspose(of: centered).squaredNorm)
        .squareRoot()
      for statistics in [sample.statistics(of: windows), InputStatistics(samples: windows)] {
        XCTAssertEqual(
          ErrorMetric.data(statistics).relativeError(of: change, to: filters), expected, accuracy: 1e-9 * expected)
      }
    }
  }

  func testMahalanobisErrorIsASumOfWeightedSquares() {
    let weights = Matrix(rows: 2, columns: 2, [1, 4, 0, 2])
    let error = ErrorMetric.mahalanobis(weights).relativeError(
      of: Matrix(rows: 2, columns: 2, [1, 2, 3, 1]), to: Matrix(rows: 2, columns: 2, [3, 2, 1, 2]))
    XCTAssertEqual(error, (19.0 / 33).squareRoot(), accuracy: 1e-15)
  }

  /// The shrinkage is small where there are many samples, and nearly all where there is one.
  func testFormsThatAreMinimisedArePositiveDefinite() throws {
    for sample in Sample.all {
      let identity = Matrix.diagonal([Double](repeating: 1, count: sample.size))
      for windows in [1, 2, sample.size * 10] {
        let statistics = InputStatistics(samples: sample.windows(windows))
        let values = try SymmetricEigen(statistics.shrunkProduct(identity)).values
        XCTAssertGreaterThan(values.last!, 0, "\(sample.name), \(windows) windows")
      }
    }
  }

  // MARK: Fitting

  func testPartsOfAChainMakeItsKernelAndTheirAdjointsAreAdjoint() throws {
    try Sample.forEachMethod { method, sample, what in
      let values = method.middleValues(of: sample.layer)
      let factors = method.with(values).chain(for: sample.layer)
      let chain = try method.with(values).weights(for: sample.layer)
      let filters = sample.layer.filters
      let made = chain.filters(factors)
      var numbers = Numbers(seed: 14)
      let direction = numbers.matrix(filters.rows, filters.columns)
      for index in factors.indices {
        let part = ChainPart(
          factors, chain.factors, index, inputOrders: chain.inputOrders, outputOrder: chain.outputOrder,
          width: sample.layer[.width])
        let product = part.filters(chain.factors[index])
        XCTAssertLessThan(relativeDistance(made.elements, product.elements), 1e-12, "\(what), factor \(index)")
        let sides = (inner(product, direction), inner(chain.factors[index], part.adjoint(direction)))
        XCTAssertEqual(
          sides.0, sides.1, accuracy: 1e-11 * (product.squaredNorm * direction.squaredNorm).squareRoot(),
          "\(what), factor \(index)")
      }
    }
  }

  func testSweepsNeverRaiseTheErrorThatTheyLower() throws {
    try Sample.forEachMetric { method, sample, metric, what in
      let values = method.middleValues(of: sample.layer)
      var fit = ChainFit(
        sample.layer, method.with(values).chain(for: sample.layer), try method.with(values).weights(for: sample.layer),
        metric)
      for _ in 0..<4 { try fit.sweep() }
      let norm = inner(sample.layer.filters, metric.definiteForm(sample.layer.filters))
      for (before, after) in zip(fit.errors, fit.errors.dropFirst()) {
        XCTAssertLessThanOrEqual(after, before + 1e-12 * norm, "\(what): \(fit.errors)")
      }
      let change = fit.chain.filters(fit.factors).subtracting(sample.layer.filters)
      XCTAssertEqual(
        fit.errors.last!, inner(change, metric.definiteForm(change)), accuracy: 1e-10 * norm,
        "\(what): the error that is kept")
    }
  }

  /// With the last factor's preconditioner equal to what it stands for, one step is all that there is to do.
  func testTheLastLinkIsFittedInOneStep() throws {
    let sample = Sample.all[4]
    let metric = sample.metrics[1].metric
    let factors = Channel(rank: 3).chain(for: sample.layer)
    let chain = try Channel(rank: 3).weights(for: sample.layer)
    let part = ChainPart(factors, chain.factors, 1, inputOrders: [nil, nil], outputOrder: nil, width: 3)
    let fitted = try part.fitted(to: sample.layer.filters, metric)
    let change = part.filters(fitted.weights).subtracting(sample.layer.filters)
    XCTAssertLessThan(
      part.adjoint(metric.definiteForm(change)).squaredNorm,
      1e-16 * metric.definiteForm(sample.layer.filters).squaredNorm)
  }

  func testFitsInAMetricAreBetterInItThanThoseOfFrobenius() throws {
    try Sample.forEachMetric { method, sample, metric, what in
      let values = method.middleValues(of: sample.layer)
      let norm = inner(sample.layer.filters, metric.definiteForm(sample.layer.filters))
      func error(_ chain: ChainWeights) -> Double {
        let change = chain.filters(method.with(values).chain(for: sample.layer)).subtracting(sample.layer.filters)
        return inner(change, metric.definiteForm(change)) / norm
      }
      let (fitted, plain) = (
        error(try method.with(values).weights(for: sample.layer, in: metric)),
        error(try method.with(values).weights(for: sample.layer))
      )
      XCTAssertLessThanOrEqual(fitted, plain + 1e-12, what)
      if plain > 1e-9 { XCTAssertLessThan(fitted, plain, what) }
    }
  }

  func testClosedFormsAreWhereSweepsDoNotGainAnything() throws {
    try Sample.forEachMetric { method, sample, metric, what in
      guard method is any FilterMethod, metric.kind == .data else { return }
      let values = method.middleValues(of: sample.layer)
      let closed = try method.with(values).weights(for: sample.layer, in: metric)
      var fit = ChainFit(sample.layer, method.with(values).chain(for: sample.layer), closed, metric)
      for _ in 0..<5 { try fit.sweep() }
      let norm = inner(sample.layer.filters, metric.definiteForm(sample.layer.filters))
      XCTAssertEqual(fit.errors[0], fit.errors.last!, accuracy: 1e-10 * norm, what)
    }
  }

  // MARK: What is deployed

  func testReportedErrorIsThatOfTheChain() throws {
    try Sample.forEachMetric { method, sample, metric, what in
      let factored = try method.with(method.middleValues(of: sample.layer)).factor(sample.layer, in: metric)
      let filters = sample.layer.filters
      let kernel = Matrix(rows: filters.rows, columns: filters.columns, kernelByImpulses(factored, like: sample.layer))
      let error = metric.relativeError(of: kernel.subtracting(filters), to: filters)
      XCTAssertEqual(factored.relativeError, error, accuracy: 1e-10, what)
      XCTAssertEqual(factored.biasChange == nil, metric.mean == nil, what)
    }
  }

  func testErrorNeverRisesWithRankAndVanishesAtFullRank() throws {
    try Sample.forEachMethod { method, sample, what in
      for (name, metric) in sample.metrics[1...1] + sample.metrics[3...3] {
        var last = Double.infinity
        // What is found in a metric is a local minimum, so that the steps must be large enough to tell.
        let staircase = method.staircase(for: sample.layer)
        for values in stride(from: 0, to: staircase.count - 1, by: max(1, staircase.count / 4)).map({ staircase[$0] })
          + [staircase.last!]
        {
          let error = try method.with(values).factor(sample.layer, in: metric).relativeError
          XCTAssertLessThanOrEqual(error, last + rounding, "\(what) in \(name) at \(values)")
          last = error
        }
        if method.isExactAtFullRank(for: sample.layer) {
          XCTAssertLessThan(last, 10 * rounding, "\(what) in \(name) at full rank")
        }
      }
    }
  }

  func testTheSameBitsEachTime() throws {
    try Sample.forEachMetric { method, sample, metric, what in
      guard sample.name == "3×3" else { return }
      let values = method.middleValues(of: sample.layer)
      let (first, second) = (
        try method.with(values).factor(sample.layer, in: metric),
        try method.with(values).factor(sample.layer, in: metric)
      )
      XCTAssertTrue(first.weights == second.weights, what)
    }
  }

  func testZeroWeights() throws {
    try Sample.forEachMetric { method, sample, metric, what in
      guard sample.name == "3×3" else { return }
      let zero = sample.layer.with(
        Tensor(sample.layer.weights.dims, [Float](repeating: 0, count: sample.layer.weights.count)))
      XCTAssertEqual(try method.with(method.middleValues(of: zero)).factor(zero, in: metric).relativeError, 0, what)
    }
  }
}
