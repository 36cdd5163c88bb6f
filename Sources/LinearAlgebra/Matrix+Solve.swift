import CLAPACK

extension Matrix {
  /// self · divisor⁻¹ for a symmetric, positive definite divisor.
  public func divided(by divisor: Matrix) throws(LinearAlgebraError) -> Matrix {
    precondition(columns == divisor.rows && divisor.rows == divisor.columns)
    _ = singleThreaded
    guard divisor.elements.allSatisfy(\.isFinite) else { throw .notFinite }
    // Our rows are the columns of LAPACK's right-hand side.
    var (factor, result) = (divisor, self)
    var (size, count, info) = (Int32(columns), Int32(rows), Int32(0))
    dposv_("U", &size, &count, &factor.elements, &size, &result.elements, &size, &info, 1)
    guard info == 0 else { throw .notPositiveDefinite(size: columns) }
    return result
  }
}
