import PrefactorLinearAlgebra

/// W[f,p,c] ≈ Σ outputs[f,j] · core[j,p,i] · inputs[i,c], with orthonormal rows in `inputs` and columns in `outputs`.
struct Tucker2Decomposition {
  /// inputRank × channels
  let inputs: Matrix
  /// outputRank × (positions, inputRank)
  let core: Matrix
  /// filters × outputRank
  let outputs: Matrix

  /// Higher-order orthogonal iteration (De Lathauwer et al. 2000), on rows of (positions, channels). It starts from the
  /// channels' subspace of the weights themselves; each step is the best subspace for the other one, so that what the
  /// core keeps never falls.
  init(of filters: Matrix, positions: Int, inputRank: Int, outputRank: Int) throws(LinearAlgebraError) {
    /// A row for each position in each filter.
    func pixels(_ filters: Matrix) -> Matrix {
      filters.reshaped(rows: filters.rows * positions, columns: filters.columns / positions)
    }
    let filterPixels = pixels(filters)
    func fit(_ inputs: Matrix) throws(LinearAlgebraError) -> (outputs: Matrix, core: Matrix) {
      let reduced = filterPixels.timesTranspose(of: inputs).reshaped(rows: filters.rows, columns: positions * inputRank)
      let outputs = try reduced.leftSubspace(rank: outputRank)
      return (outputs, outputs * reduced)
    }

    let total = filters.squaredNorm
    var inputs = try filterPixels.rightSubspace(rank: inputRank)
    var (outputs, core) = try fit(inputs)
    for _ in 1..<Self.maximumSweeps {
      let keptBefore = core.squaredNorm
      inputs = try pixels(outputs * filters).rightSubspace(rank: inputRank)
      (outputs, core) = try fit(inputs)
      let kept = core.squaredNorm
      if kept - keptBefore <= Self.negligible * (total - kept) { break }
    }
    (self.inputs, self.core, self.outputs) = (inputs, core, outputs.transpose)
  }

  /// A sweep gains little after the first few.
  private static let maximumSweeps = 8
  /// The part of the squared error below which a sweep's gain ends the iteration.
  private static let negligible = 1e-3
}
