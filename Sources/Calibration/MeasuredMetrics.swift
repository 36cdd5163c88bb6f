import PrefactorFactorization
import PrefactorGraph

/// Data metrics that were measured before, by the layers' indices, so that ranks are chosen and factors fitted by one
/// look at the samples.
public struct MeasuredMetrics: Calibration {
  private let metrics: [Int: [ErrorMetric]]

  public init(_ metrics: [Int: [ErrorMetric]]) { self.metrics = metrics }

  public func metrics(for layers: [(index: Int, metric: Metric)], in graph: Graph) throws -> [[ErrorMetric]] {
    layers.map { metrics[$0.index]! }
  }
}

extension ImageCalibration {
  public func dataMetrics(for layers: [Int], in graph: Graph) throws -> [Int: [ErrorMetric]] {
    Dictionary(uniqueKeysWithValues: zip(layers, try metrics(for: layers.map { ($0, .data) }, in: graph)))
  }
}
