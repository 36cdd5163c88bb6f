import CLAPACK

extension Matrix {
  /// self · divisor⁻¹ for a symmetric, positive definite divisor.
  public func divided(by divisor: Matrix) throws(LinearAlgebraError) -> Matrix {
    precondition(columns == divisor.rows && divisor.rows == divisor.columns)
    _ = reproducible
    guard divisor.elements.allSatisfy(\.isFinite) else { throw .notFinite }
    // Our rows are the columns of LAPACK's right-hand side.
    var (factor, result) = (divisor, self)
    var (size, count, info) = (Int32(columns), Int32(rows), Int32(0))
    dposv_("U", &size, &count, &factor.elements, &size, &result.elements, &size, &info, 1)
    guard info == 0 else { throw .notPositiveDefinite(size: columns) }
    return result
  }

  /// Lower triangular L with LLᵀ this symmetric, positive definite matrix.
  public var choleskyFactor: Matrix {
    get throws(LinearAlgebraError) {
      precondition(rows == columns)
      _ = reproducible
      guard elements.allSatisfy(\.isFinite) else { throw .notFinite }
      // Our lower triangle is LAPACK's upper one.
      var (factor, size, info) = (self, Int32(rows), Int32(0))
      dpotrf_("U", &size, &factor.elements, &size, &info, 1)
      guard info == 0 else { throw .notPositiveDefinite(size: rows) }
      for row in 0..<rows {
        for column in (row + 1)..<max(columns, row + 1) { factor[row, column] = 0 }
      }
      return factor
    }
  }

  /// self · factor⁻¹ for a lower triangular factor.
  public func divided(byLower factor: Matrix) -> Matrix {
    precondition(columns == factor.rows && factor.rows == factor.columns)
    _ = reproducible
    var result = self
    cblas_dtrsm(
      CblasRowMajor, CblasRight, CblasLower, CblasNoTrans, CblasNonUnit, blasint(rows), blasint(columns), 1,
      factor.elements,
      blasint(columns), &result.elements, blasint(columns))
    return result
  }
}
