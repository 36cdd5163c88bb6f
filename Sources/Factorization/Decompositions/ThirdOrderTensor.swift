import PrefactorLinearAlgebra

/// A tensor of three modes as the matrices it unfolds into: for each mode a row for each of its indices, while the
/// columns run through the other two modes, the last one fastest.
struct ThirdOrderTensor {
  let unfolded: [Matrix]
  let squaredNorm: Double

  static let modes = 0..<3

  static func otherModes(_ mode: Int) -> (Int, Int) { [(1, 2), (0, 2), (0, 1)][mode] }

  func size(_ mode: Int) -> Int { unfolded[mode].rows }

  /// So many terms of rank one are always enough: one for each pair of indices of two modes, times what the tensor has
  /// there along the third.
  static func fullRank(_ first: Int, _ second: Int, _ third: Int) -> Int {
    min(first * second, first * third, second * third)
  }

  /// Of a matrix with a row for each index of the first mode.
  init(_ rows: Matrix, sizeOfSecondMode size: Int) {
    let last = rows.columns / size
    var second = Matrix(rows: size, columns: rows.rows * last)
    for first in 0..<rows.rows {
      for index in 0..<size {
        for column in 0..<last { second[index, first * last + column] = rows[first, index * last + column] }
      }
    }
    unfolded = [rows, second, rows.reshaped(rows: rows.rows * size, columns: last).transpose]
    squaredNorm = rows.squaredNorm
  }
}
