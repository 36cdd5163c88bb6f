import PrefactorLinearAlgebra
import XCTest

final class LinearAlgebraTests: XCTestCase {
  private let shapes = [(1, 1), (1, 7), (7, 1), (5, 5), (12, 30), (30, 12), (64, 65)]

  func testProductsAgreeWithTheirDefinition() {
    var numbers = Numbers(seed: 1)
    let (a, b) = (numbers.matrix(5, 7), numbers.matrix(7, 3))
    let expected = Matrix(
      rows: 5, columns: 3,
      (0..<15).map { index in (0..<7).reduce(0) { $0 + a[index / 3, $1] * b[$1, index % 3] } })
    for product in [a * b, a.timesTranspose(of: b.transpose), a.transpose.transposeTimes(b)] {
      XCTAssertLessThan(distance(product, expected), 1e-14)
    }
    XCTAssertLessThan(distance(a.rowGram, a.timesTranspose(of: a)), 1e-14)
    XCTAssertLessThan(distance(a.columnGram, a.transposeTimes(a)), 1e-14)
  }

  /// Both sides as they are and transposed, parts of wider matrices, and the vectors that have ways of their own.
  func testFloatProducts() {
    var numbers = Numbers(seed: 2)
    for (rows, depth, columns) in [(5, 7, 3), (1, 7, 3), (5, 1, 3), (5, 7, 1), (1, 1, 1)] {
      let stride = 9
      let left = copy(numbers.tensor([stride, stride]).floats)
      let right = copy(numbers.tensor([stride, stride]).floats)
      defer {
        left.deallocate()
        right.deallocate()
      }
      let before = numbers.tensor([stride, stride]).floats
      for (isLeftTransposed, isRightTransposed, isAdding) in [
        (false, false, false), (true, false, true), (false, true, true), (true, true, false),
      ] {
        var a = FloatMatrix(
          left, rows: isLeftTransposed ? depth : rows, columns: isLeftTransposed ? rows : depth, stride: stride)
        var b = FloatMatrix(
          right, rows: isRightTransposed ? columns : depth, columns: isRightTransposed ? depth : columns, stride: stride
        )
        if isLeftTransposed { a = a.transpose }
        if isRightTransposed { b = b.transpose }
        var result = before
        a.multiply(b, to: &result, stride: stride, isAdding: isAdding)
        for row in 0..<stride {
          for column in 0..<stride {
            var expected = Double(before[row * stride + column])
            if row < rows && column < columns {
              expected = (0..<depth).reduce(isAdding ? expected : 0) { sum, index in
                sum + Double(left[isLeftTransposed ? index * stride + row : row * stride + index])
                  * Double(right[isRightTransposed ? column * stride + index : index * stride + column])
              }
            }
            // A sum of up to 8 terms below 1.
            XCTAssertEqual(Double(result[row * stride + column]), expected, accuracy: 8 * 8 * 0x1p-24)
          }
        }
      }
    }
  }

  private func copy(_ floats: [Float]) -> UnsafeMutablePointer<Float> {
    let result = UnsafeMutablePointer<Float>.allocate(capacity: floats.count)
    result.initialize(from: floats, count: floats.count)
    return result
  }

  func testEigenvectorsAreOrthonormalAndReconstruct() throws {
    for size in [1, 2, 17, 60] {
      var numbers = Numbers(seed: UInt64(size))
      let half = numbers.matrix(size, size)
      let symmetric = half.rowGram
      let eigen = try SymmetricEigen(symmetric)
      var scaled = eigen.vectors
      for row in 0..<size { for column in 0..<size { scaled[row, column] *= eigen.values[row] } }
      XCTAssertLessThan(distance(eigen.vectors.transposeTimes(scaled), symmetric), 1e-12 * Double(size))
      XCTAssertLessThan(distance(eigen.vectors.rowGram, identity(size)), 1e-12)
      XCTAssertEqual(eigen.values, eigen.values.sorted(by: >))
      XCTAssertLessThan(
        zip(try SymmetricEigen.values(symmetric), eigen.values).map { abs($0 - $1) }.max()!, 1e-11 * Double(size))
    }
  }

  func testSingularValuesAgreeWithJacobi() throws {
    for (rows, columns) in shapes {
      var numbers = Numbers(seed: UInt64(rows * columns))
      let matrix = numbers.matrix(rows, columns)
      let spectrum = jacobiSquaredSingularValues(matrix)
      for (value, expected) in zip(try matrix.squaredSingularValues(), spectrum) {
        XCTAssertEqual(value, expected, accuracy: 1e-12 * spectrum[0], "\(rows) × \(columns)")
      }
    }
  }

  func testLowRankLeavesExactlyTheTailOfTheSpectrum() throws {
    for (rows, columns) in shapes {
      var numbers = Numbers(seed: UInt64(rows + columns))
      let matrix = numbers.matrix(rows, columns)
      let spectrum = jacobiSquaredSingularValues(matrix)
      for rank in 1...spectrum.count {
        let (left, right) = try matrix.lowRank(rank)
        XCTAssertEqual([left.rows, left.columns, right.rows, right.columns], [rows, rank, rank, columns])
        let tail = spectrum[rank...].reduce(0, +)
        XCTAssertEqual(distance(left * right, matrix), tail.squareRoot(), accuracy: 1e-12 * matrix.squaredNorm)
        // Both factors have the singular values on the diagonals of their Gram matrices.
        for index in 0..<rank {
          XCTAssertEqual(left.columnGram[index, index], right.rowGram[index, index], accuracy: 1e-10)
          XCTAssertEqual(left.columnGram[index, index], spectrum[index].squareRoot(), accuracy: 1e-10)
        }
      }
    }
  }

  func testDeficientRanks() throws {
    let zero = Matrix(rows: 3, columns: 4)
    let (left, right) = try zero.lowRank(3)
    XCTAssertEqual(left * right, zero)
    var numbers = Numbers(seed: 3)
    let product = numbers.matrix(9, 2) * numbers.matrix(2, 8)
    for rank in 2...8 {
      let (left, right) = try product.lowRank(rank)
      XCTAssertLessThan(distance(left * right, product), 1e-13)
    }
  }

  func testWhatIsNotFiniteIsAnError() {
    for value in [Double.nan, .infinity] {
      var matrix = Matrix(rows: 4, columns: 6)
      matrix[2, 3] = value
      XCTAssertThrowsError(try matrix.lowRank(2)) { XCTAssertEqual($0 as? LinearAlgebraError, .notFinite) }
      XCTAssertThrowsError(try matrix.squaredSingularValues()) { XCTAssertEqual($0 as? LinearAlgebraError, .notFinite) }
    }
  }

  func testTheSameBitsEachTime() throws {
    var numbers = Numbers(seed: 4)
    let matrix = numbers.matrix(120, 333)
    let (first, second) = (try matrix.lowRank(40), try matrix.lowRank(40))
    XCTAssertEqual(first.left, second.left)
    XCTAssertEqual(first.right, second.right)
  }
}

private func identity(_ size: Int) -> Matrix {
  var result = Matrix(rows: size, columns: size)
  for index in 0..<size { result[index, index] = 1 }
  return result
}

private func distance(_ first: Matrix, _ second: Matrix) -> Double {
  zip(first.elements, second.elements).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }.squareRoot()
}

/// By Hestenes' one-sided rotations: pairs of rows are turned until all are orthogonal, and then their lengths are the
/// singular values.
private func jacobiSquaredSingularValues(_ matrix: Matrix) -> [Double] {
  var rows = matrix.rows <= matrix.columns ? matrix : matrix.transpose
  func dot(_ i: Int, _ j: Int) -> Double { (0..<rows.columns).reduce(0) { $0 + rows[i, $1] * rows[j, $1] } }
  var largestCosine = 1.0
  while largestCosine > 1e-14 {
    largestCosine = 0
    for i in 0..<rows.rows {
      for j in 0..<i {
        let (a, b, c) = (dot(i, i), dot(j, j), dot(i, j))
        let cosine = abs(c) / (a * b).squareRoot()
        guard cosine > 1e-15 else { continue }
        largestCosine = max(largestCosine, cosine)
        let zeta = (b - a) / (2 * c)
        let tangent = (zeta < 0 ? -1 : 1) / (abs(zeta) + (1 + zeta * zeta).squareRoot())
        let cos = 1 / (1 + tangent * tangent).squareRoot()
        let sin = cos * tangent
        for column in 0..<rows.columns {
          let (x, y) = (rows[i, column], rows[j, column])
          rows[i, column] = cos * x - sin * y
          rows[j, column] = sin * x + cos * y
        }
      }
    }
  }
  return (0..<rows.rows).map { dot($0, $0) }.sorted(by: >)
}
