import CLAPACK

/// A matrix of single-precision numbers in somebody else's memory, row after row.
public struct FloatMatrix {
  public let rows: Int
  public let columns: Int
  private let elements: UnsafePointer<Float>
  /// In memory, from row to row, of the matrix that this is the transpose of where it is one.
  private let stride: Int
  private let isTransposed: Bool

  /// `stride` is in elements, from row to row; nil where rows follow each other.
  public init(_ elements: UnsafePointer<Float>, rows: Int, columns: Int, stride: Int? = nil) {
    self.init(elements, rows: rows, columns: columns, stride: stride ?? columns, isTransposed: false)
  }

  private init(_ elements: UnsafePointer<Float>, rows: Int, columns: Int, stride: Int, isTransposed: Bool) {
    (self.elements, self.rows, self.columns, self.stride, self.isTransposed) = (
      elements, rows, columns, stride, isTransposed
    )
  }

  /// The same memory, read the other way.
  public var transpose: FloatMatrix {
    FloatMatrix(elements, rows: columns, columns: rows, stride: stride, isTransposed: !isTransposed)
  }
}

// MARK: Products

extension FloatMatrix {
  /// self · right, which takes the place of what is in `result` or, where `isAdding`, is added to it. `stride` is that
  /// of the result.
  public func multiply(_ right: FloatMatrix, to result: UnsafeMutablePointer<Float>, stride: Int? = nil, isAdding: Bool)
  {
    precondition(columns == right.rows)
    _ = reproducible
    let stride = stride ?? right.columns
    if columns == 1, right.step == 1 {
      multiplyVectors(right, to: result, stride: stride, isAdding: isAdding)
    } else if rows == 1 {
      // OpenBLAS's product of matrices would copy all of `right` for the sake of one row.
      cblas_sgemv(
        CblasRowMajor, right.isTransposed ? CblasNoTrans : CblasTrans, blasint(right.storedRows),
        blasint(right.storedColumns), 1,
        right.elements, blasint(right.stride), elements, blasint(step), isAdding ? 1 : 0, result, 1)
    } else {
      cblas_sgemm(
        CblasRowMajor, isTransposed ? CblasTrans : CblasNoTrans, right.isTransposed ? CblasTrans : CblasNoTrans,
        blasint(rows),
        blasint(right.columns), blasint(columns), 1, elements, blasint(self.stride), right.elements,
        blasint(right.stride),
        isAdding ? 1 : 0, result, blasint(stride))
    }
  }

  /// A column times a row: bound by memory, so that rows of zeros, such as rectifiers cause, need not be computed.
  private func multiplyVectors(_ row: FloatMatrix, to result: UnsafeMutablePointer<Float>, stride: Int, isAdding: Bool)
  {
    let step = isTransposed ? 1 : self.stride
    for index in 0..<rows {
      let scale = elements[index * step]
      let target = result + index * stride
      let source = row.elements
      if isAdding {
        if scale == 0 { continue }
        for column in 0..<row.columns { target[column] += scale * source[column] }
      } else if scale == 0 {
        target.update(repeating: 0, count: row.columns)
      } else {
        for column in 0..<row.columns { target[column] = scale * source[column] }
      }
    }
  }

  private var storedRows: Int { isTransposed ? columns : rows }
  private var storedColumns: Int { isTransposed ? rows : columns }

  /// In memory, from one element of a row to the next.
  private var step: Int { isTransposed ? stride : 1 }
}
