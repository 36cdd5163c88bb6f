import PrefactorLinearAlgebra

/// A method that approximates the matrix whose rows are the filters by one of low rank: one hyper-parameter and two links.
protocol FilterMethod: SpectralMethod {}

extension FilterMethod {
  func weights(for layer: DenseLayer, _ values: [Int]) throws(LinearAlgebraError) -> ChainWeights {
    let (left, right) = try layer.filters.lowRank(values[0])
    return ChainWeights([right, left])
  }

  func spectra(of layer: DenseLayer) throws(LinearAlgebraError) -> [[Double]] {
    [try layer.filters.squaredSingularValues()]
  }
}
