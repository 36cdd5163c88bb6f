// The truncated singular value decomposition A ≈ U·S·Vᵀ, by the eigenvectors of the smaller of AAᵀ and AᵀA.
//
// It takes a fifth of the time of LAPACK's SVD on the larger fully-connected layers, and loses nothing that we could
// use. Squaring leaves singular values below 10⁻⁸ of the largest undetermined, but weights are float32, whose own
// rounding is larger. And only the subspace U comes from the squared matrix: the other factor is UᵀA, so that U·UᵀA = A
// to rounding at full rank, whatever U is.

extension Matrix {
  /// The squares of the singular values, largest first.
  public func squaredSingularValues() throws(LinearAlgebraError) -> [Double] {
    try SymmetricEigen.values(rows <= columns ? rowGram : columnGram).map { max($0, 0) }
  }

  /// The leading left singular vectors, as rows.
  public func leftSubspace(rank: Int) throws(LinearAlgebraError) -> Matrix {
    try SymmetricEigen(rowGram).vectors.prefix(rows: rank)
  }

  /// The leading right singular vectors, as rows.
  public func rightSubspace(rank: Int) throws(LinearAlgebraError) -> Matrix {
    try SymmetricEigen(columnGram).vectors.prefix(rows: rank)
  }

  /// left · right of the given rank is the nearest to this matrix in the Frobenius norm (Eckart and Young). Each
  /// singular value is shared equally by both factors, which keeps them within the range of narrow number formats.
  public func lowRank(_ rank: Int) throws(LinearAlgebraError) -> (left: Matrix, right: Matrix) {
    if rows > columns {
      let (left, right) = try transpose.lowRank(rank)
      return (right.transpose, left.transpose)
    }
    var left = try leftSubspace(rank: rank)
    var right = left * self
    for index in 0..<rank {
      let row = index * columns..<(index + 1) * columns
      let singularValue = right.elements[row].reduce(0) { $0 + $1 * $1 }.squareRoot()
      guard singularValue > 0 else { continue }
      let scale = singularValue.squareRoot()
      for element in row { right.elements[element] /= scale }
      for column in 0..<rows { left[index, column] *= scale }
    }
    return (left.transpose, right)
  }
}
