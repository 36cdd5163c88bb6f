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

  public func scaled(by factor: Double) -> Matrix { Matrix(rows: rows, columns: columns, elements.map { $0 * factor }) }

  public func adding(_ other: Matrix, times factor: Double) -> Matrix {
    precondition(rows == other.rows && columns == other.columns)
    return Matrix(rows: rows, columns: columns, zip(elements, other.elements).map { $0 + factor * $1 })
  }

  public var sumOfRows: [Double] {
    var sums = [Double](repeating: 0, count: columns)
    for row in 0..<rows {
      for column in 0..<columns { sums[column] += self[row, column] }
    }
    return sums
  }

  public func subtractingFromRows(_ values: [Double]) -> Matrix {
    precondition(values.count == columns)
    var result = self
    for row in 0..<rows {
      for column in 0..<columns { result[row, column] -= values[column] }
    }
    return result
  }

  public var trace: Double { (0..<min(rows, columns)).reduce(0) { $0 + self[$1, $1] } }

  public var mean: Double { elements.reduce(0, +) / Double(elements.count) }

  public static func diagonal(_ values: [Double]) -> Matrix {
    var result = Matrix(rows: values.count, columns: values.count)
    for (index, value) in values.enumerated() { result[index, index] = value }
    return result
  }
}
