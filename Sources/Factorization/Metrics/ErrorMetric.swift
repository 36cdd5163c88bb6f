import PrefactorLinearAlgebra

/// The square of an error: a quadratic form of the change Δ = W̃ − W that an approximation makes to a layer's filters.
/// Δ has a row for each filter and columns (height, width, channel).
public enum ErrorMetric: Sendable {
  /// ‖Δ‖²
  case frobenius
  /// tr ΔCΔᵀ with C the covariance of the windows that the filters see: the mean square of what changes in the outputs,
  /// if the bias takes up the mean.
  case data(InputStatistics)
  /// Σ α²Δ², element by element, with these α². The bias may take up the mean of what the filters see, where that is
  /// known.
  case mahalanobis(Matrix, mean: [Double]? = nil)

  public var kind: Metric {
    switch self {
    case .frobenius: .frobenius
    case .data: .data
    case .mahalanobis: .mahalanobis
    }
  }

  /// Of what the filters see, where the bias can take it up.
  public var mean: [Double]? {
    switch self {
    case .frobenius: nil
    case .data(let statistics): statistics.mean
    case .mahalanobis(_, let mean): mean
    }
  }

  /// ‖Δ‖² and ‖W‖², which add up over the groups of a layer.
  struct Squares {
    let error: Double, whole: Double

    var relativeError: Double { error <= 0 ? 0 : (error / whole).squareRoot() }
  }

  func squares(of change: Matrix, _ filters: Matrix) -> Squares {
    Squares(error: inner(change, form(change)), whole: inner(filters, form(filters)))
  }

  /// ‖Δ‖ / ‖W‖
  public func relativeError(of change: Matrix, to filters: Matrix) -> Double {
    squares(of: change, filters).relativeError
  }

  private func form(_ change: Matrix) -> Matrix {
    switch self {
    case .frobenius: change
    case .data(let statistics): statistics.product(change)
    case .mahalanobis(let weights, _): change.multipliedElementwise(by: weights)
    }
  }
}

// MARK: What is minimised

// The same form, but positive definite: weights that the samples say nothing about are held where they are.

extension ErrorMetric {
  /// MΔ, half the gradient of the form.
  func definiteForm(_ change: Matrix) -> Matrix {
    switch self {
    case .frobenius: change
    case .data(let statistics): statistics.shrunkProduct(change)
    case .mahalanobis(let weights, _):
      change.multipliedElementwise(by: weights).adding(change, times: Self.leastWeight * weights.mean)
    }
  }

  /// The part of the mean α² below which no weight counts for less.
  private static let leastWeight = 1e-3

  /// M as an equal form on all rows times a number for each row: exact but for Mahalanobis, whose weights are the
  /// nearest to a product of their rows' and their columns' sums.
  var rowWeights: [Double]? {
    guard case .mahalanobis(let weights, _) = self else { return nil }
    let mean = weights.mean
    guard mean > 0 else { return nil }
    return weights.transpose.sumOfRows.map { $0 / Double(weights.columns) + Self.leastWeight * mean }
  }

  /// Of the form on rows, if it is diagonal.
  func columnWeights(_ count: Int) -> [Double]? {
    switch self {
    case .frobenius: return [Double](repeating: 1, count: count)
    case .data: return nil
    case .mahalanobis(let weights, _):
      let mean = weights.mean
      guard mean > 0 else { return [Double](repeating: 1, count: count) }
      return weights.sumOfRows.map { $0 / Double(weights.rows) / mean + Self.leastWeight }
    }
  }

  /// The diagonal of the form on rows.
  func diagonal(_ count: Int) -> [Double] {
    guard case .data(let statistics) = self else { return columnWeights(count)! }
    return statistics.shrunkVariances
  }

  func formOfRows(_ rows: Matrix) -> Matrix {
    guard case .data(let statistics) = self else { return rows.scalingColumns(columnWeights(rows.columns)!) }
    return statistics.shrunkProduct(rows)
  }

  /// Of the form on rows, what concerns some of the columns.
  func block(_ columns: [Int], of count: Int) -> Matrix {
    guard case .data(let statistics) = self else {
      let weights = columnWeights(count)!
      return .diagonal(columns.map { weights[$0] })
    }
    return statistics.shrunkBlock(columns)
  }
}

func inner(_ first: Matrix, _ second: Matrix) -> Double {
  precondition(first.rows == second.rows && first.columns == second.columns)
  return zip(first.elements, second.elements).reduce(0) { $0 + $1.0 * $1.1 }
}
