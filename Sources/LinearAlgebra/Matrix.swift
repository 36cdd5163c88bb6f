/// A dense matrix of doubles, row after row.
public struct Matrix: Equatable, Sendable {
  public let rows: Int
  public let columns: Int
  public internal(set) var elements: [Double]

  public init(rows: Int, columns: Int, _ elements: [Double]) {
    precondition(rows * columns == elements.count)
    self.rows = rows
    self.columns = columns
    self.elements = elements
  }

  public init(rows: Int, columns: Int) {
    self.init(rows: rows, columns: columns, [Double](repeating: 0, count: rows * columns))
  }

  public subscript(row: Int, column: Int) -> Double {
    get { elements[row * columns + column] }
    set { elements[row * columns + column] = newValue }
  }

  public mutating func withUnsafeMutableElements(_ body: (UnsafeMutableBufferPointer<Double>) -> Void) {
    elements.withUnsafeMutableBufferPointer { body($0) }
  }

  public var transpose: Matrix {
    var result = Matrix(rows: columns, columns: rows)
    for row in 0..<rows {
      for column in 0..<columns { result[column, row] = self[row, column] }
    }
    return result
  }

  /// The first `count` rows.
  public func prefix(rows count: Int) -> Matrix {
    Matrix(rows: count, columns: columns, Array(elements[..<(count * columns)]))
  }

  /// The same elements in the same order, as another matrix.
  public func reshaped(rows: Int, columns: Int) -> Matrix {
    Matrix(rows: rows, columns: columns, elements)
  }

  /// The square of the Frobenius norm.
  public var squaredNorm: Double { elements.reduce(0) { $0 + $1 * $1 } }
}
