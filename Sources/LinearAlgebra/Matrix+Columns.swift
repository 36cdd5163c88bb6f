extension Matrix {
  /// With columns of length 1, and what their lengths were; a column of zeros stays as it is.
  public var normalizedColumns: (matrix: Matrix, lengths: [Double]) {
    var squares = [Double](repeating: 0, count: columns)
    for row in 0..<rows {
      for column in 0..<columns { squares[column] += self[row, column] * self[row, column] }
    }
    let lengths = squares.map { $0.squareRoot() }
    return (scalingColumns(lengths.map { $0 > 0 ? 1 / $0 : 1 }), lengths)
  }

  /// Each column times its scale.
  public func scalingColumns(_ scales: [Double]) -> Matrix {
    precondition(scales.count == columns)
    var result = self
    for row in 0..<rows {
      for column in 0..<columns { result[row, column] *= scales[column] }
    }
    return result
  }

  /// The Hadamard product.
  public func multipliedElementwise(by other: Matrix) -> Matrix {
    precondition(rows == other.rows && columns == other.columns)
    return Matrix(rows: rows, columns: columns, zip(elements, other.elements).map { $0 * $1 })
  }

  public func subtracting(_ other: Matrix) -> Matrix {
    precondition(rows == other.rows && columns == other.columns)
    return Matrix(rows: rows, columns: columns, zip(elements, other.elements).map { $0 - $1 })
  }
}
