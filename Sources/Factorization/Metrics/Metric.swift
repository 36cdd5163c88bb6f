/// What the error of an approximation is measured in.
public enum Metric: String, CaseIterable, Sendable {
  /// Changes of the weights, all alike.
  case frobenius
  /// Changes of the layer's outputs on the windows of calibration images, whose mean the bias takes up.
  case data
  /// Changes of the weights, each as much as the losses for the most probable wrong labels depend on it (Denton et al.
  /// 2014).
  case mahalanobis
}
