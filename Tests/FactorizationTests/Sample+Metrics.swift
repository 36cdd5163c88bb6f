import Foundation
import PrefactorGraph
import PrefactorLinearAlgebra

@testable import PrefactorFactorization

extension Sample {
  /// Metrics of this layer as different from each other as can be: windows that are much alike, windows that are fewer
  /// than their elements, and weights that differ by orders of magnitude.
  var metrics: [(name: String, metric: ErrorMetric)] {
    var numbers = Numbers(seed: 11)
    let weights = numbers.matrix(layer[.filter], size)
    let squares = weights.elements.map { pow(10, 2 * $0) }
    return [
      ("frobenius", .frobenius),
      ("data", .data(statistics(of: windows(3 * size)))),
      ("data of few windows", .data(InputStatistics(samples: windows(size / 3 + 2)))),
      ("mahalanobis", .mahalanobis(Matrix(rows: weights.rows, columns: weights.columns, squares))),
    ]
  }

  /// Each is mostly one pattern, whose strength differs.
  func windows(_ count: Int) -> Matrix {
    var numbers = Numbers(seed: 12)
    let pattern = numbers.matrix(2, size)
    let strength = numbers.matrix(count, 2)
    return (strength * pattern).adding(numbers.matrix(count, size), times: 0.3)
  }

  func statistics(of windows: Matrix) -> InputStatistics {
    InputStatistics(sum: windows.sumOfRows, products: windows.columnGram, count: windows.rows)
  }

  /// Of a window.
  var size: Int { layer[.height] * layer[.width] * layer[.channel] }

  /// Each method with each of the samples that it can factor, in each metric but Frobenius'.
  static func forEachMetric(
    _ body: (_ method: any Method, _ sample: Sample, _ metric: ErrorMetric, _ what: String) throws -> Void
  ) rethrows {
    try forEachMethod { method, sample, what in
      for (name, metric) in sample.metrics.dropFirst() { try body(method, sample, metric, "\(what) in \(name)") }
    }
  }
}
