import CLAPACK

extension Matrix {
  public static func * (left: Matrix, right: Matrix) -> Matrix {
    precondition(left.columns == right.rows)
    return product(
      left, CblasNoTrans, right, CblasNoTrans, rows: left.rows, depth: left.columns, columns: right.columns)
  }

  /// self · otherᵀ
  public func timesTranspose(of other: Matrix) -> Matrix {
    precondition(columns == other.columns)
    return .product(self, CblasNoTrans, other, CblasTrans, rows: rows, depth: columns, columns: other.rows)
  }

  /// selfᵀ · other
  public func transposeTimes(_ other: Matrix) -> Matrix {
    precondition(rows == other.rows)
    return .product(self, CblasTrans, other, CblasNoTrans, rows: columns, depth: rows, columns: other.columns)
  }

  private static func product(
    _ left: Matrix, _ leftSide: CBLAS_TRANSPOSE, _ right: Matrix, _ rightSide: CBLAS_TRANSPOSE, rows: Int, depth: Int,
    columns: Int
  ) -> Matrix {
    _ = reproducible
    var result = Matrix(rows: rows, columns: columns)
    guard rows > 0, columns > 0, depth > 0 else { return result }
    cblas_dgemm(
      CblasRowMajor, leftSide, rightSide, blasint(rows), blasint(columns), blasint(depth), 1,
      left.elements, blasint(left.columns), right.elements, blasint(right.columns), 0, &result.elements,
      blasint(columns))
    return result
  }

  /// self · selfᵀ, the products of the rows with each other.
  public var rowGram: Matrix { gram(CblasNoTrans, size: rows, depth: columns) }

  /// selfᵀ · self, the products of the columns with each other.
  public var columnGram: Matrix { gram(CblasTrans, size: columns, depth: rows) }

  private func gram(_ side: CBLAS_TRANSPOSE, size: Int, depth: Int) -> Matrix {
    _ = reproducible
    var result = Matrix(rows: size, columns: size)
    guard size > 0, depth > 0 else { return result }
    cblas_dsyrk(
      CblasRowMajor, CblasUpper, side, blasint(size), blasint(depth), 1, elements, blasint(columns), 0,
      &result.elements, blasint(size))
    for row in 0..<size {
      for column in 0..<row { result[row, column] = result[column, row] }
    }
    return result
  }
}
