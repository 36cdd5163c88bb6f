import PrefactorLinearAlgebra

/// A method that approximates the matrix whose rows are the filters by one of low rank: two factors.
protocol FilterMethod: SpectralMethod, RankMethod {}

extension FilterMethod {
  func weights(for layer: DenseLayer) throws(LinearAlgebraError) -> ChainWeights {
    let (left, right) = try layer.filters.lowRank(rank)
    return ChainWeights([right, left])
  }

  /// In closed form where the metric is the same for all filters: U·UᵀW with U the leading eigenvectors of WMWᵀ, the
  /// outputs' covariance. That needs no root of M, which for windows of few images is of low rank.
  func weights(for layer: DenseLayer, in metric: ErrorMetric) throws(LinearAlgebraError) -> ChainWeights {
    let filters = layer.filters
    switch metric {
    case .frobenius: return try weights(for: layer)
    case .data where filters.rows <= filters.columns:
      let outputs = try SymmetricEigen(metric.definiteForm(filters).timesTranspose(of: filters)).vectors.prefix(
        rows: rank)
      return ChainWeights([outputs * filters, outputs.transpose])
    case .data:
      // The smaller of the two eigenvalue problems.
      return try whitenedWeights(for: layer, in: metric)
    case .mahalanobis:
      return try fittedWeights(for: layer, in: metric)
    }
  }

  func spectra(of layer: DenseLayer) throws(LinearAlgebraError) -> [[Double]] {
    [try layer.filters.squaredSingularValues()]
  }
}
