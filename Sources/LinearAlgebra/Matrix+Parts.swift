extension Matrix {
  public func selecting(rows: [Int]) -> Matrix {
    Matrix(rows: rows.count, columns: columns, rows.flatMap { elements[$0 * columns..<($0 + 1) * columns] })
  }

  public func selecting(columns: [Int]) -> Matrix {
    Matrix(rows: rows, columns: columns.count, (0..<rows).flatMap { row in columns.map { self[row, $0] } })
  }

  /// Matrices of as many columns, one below the other.
  public static func stacked(_ matrices: [Matrix]) -> Matrix {
    precondition(matrices.allSatisfy { $0.columns == matrices[0].columns })
    return Matrix(rows: matrices.reduce(0) { $0 + $1.rows }, columns: matrices[0].columns, matrices.flatMap(\.elements))
  }

  /// Matrices of as many rows, one beside the other.
  public static func joined(_ matrices: [Matrix]) -> Matrix { stacked(matrices.map(\.transpose)).transpose }
}
