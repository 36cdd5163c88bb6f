import KernelContract

func transpose(_ shape: pf_transposition, _ input: Source, _ output: Target) {
  for matrix in 0..<shape.matrices {
    let matrix = Matrix(
      rows: shape.rows, columns: shape.columns, inputStride: shape.input_stride, outputStride: shape.output_stride,
      input: input + matrix * shape.input_step, output: output + matrix * shape.output_step)
    if shape.output_stride == shape.rows {
      switch shape.rows {
      case 2: matrix.interleave(InlineArray<2, Vector>.self)
      case 3: matrix.interleaveThree()
      case 4: matrix.interleave(InlineArray<4, Vector>.self)
      case 8 where Vector.lanes > 8: matrix.interleave(InlineArray<8, Vector>.self)
      default: matrix.transpose()
      }
    } else {
      matrix.transpose()
    }
  }
}

private struct Matrix {
  let rows, columns: Int
  let inputStride, outputStride: Int
  let input: Source
  let output: Target

  /// In squares of a register's length, the last ones of which overlap those before; the squares of a cache line's
  /// columns one after the other.
  func transpose() {
    guard rows >= Vector.lanes, columns >= Vector.lanes else { return transposeSingly(columns: 0..<columns) }
    for firstColumn in stride(from: 0, to: columns, by: lineLength) {
      for row in stride(from: 0, to: rows, by: Vector.lanes) {
        let row = min(row, rows - Vector.lanes)
        for column in stride(from: firstColumn, to: min(firstColumn + lineLength, columns), by: Vector.lanes) {
          transposeSquare(row: row, column: min(column, columns - Vector.lanes))
        }
      }
    }
  }

  @inline(__always)
  private func transposeSquare(row: Int, column: Int) {
    let from = input + row * inputStride + column
    let to = output + column * outputStride + row
    // The number of lanes is none of Swift's constants.
    switch Vector.lanes {
    case 4: interleave(InlineArray<4, Vector>.self, from, to)
    case 8: interleave(InlineArray<8, Vector>.self, from, to)
    default: interleave(InlineArray<16, Vector>.self, from, to)
    }
  }

  @inline(__always)
  private func interleave<let rows: Int>(_: InlineArray<rows, Vector>.Type, _ from: Source, _ to: Target) {
    var square = Interleaving<rows>(from: from, stride: inputStride)
    square.interleave()
    square.store(to: to, stride: outputStride)
  }

  /// Few rows, and no gap between what becomes of a column and of the next: turns of one float a row.
  func interleave<let rows: Int>(_: InlineArray<rows, Vector>.Type) {
    var column = 0
    while column + Vector.lanes <= columns {
      var turns = Interleaving<rows>(from: input + column, stride: inputStride)
      turns.interleave()
      turns.store(to: output + column * rows, stride: Vector.lanes)
      column += Vector.lanes
    }
    transposeSingly(columns: column..<columns)
  }

  func interleaveThree() {
    var column = 0
    while column + 4 <= columns {
      let from = input + column
      let to = UnsafeMutableRawPointer(output + 3 * column)
      func row(_ index: Int) -> SIMD4<Float> {
        UnsafeRawPointer(from + index * inputStride).loadUnaligned(as: SIMD4<Float>.self)
      }
      let a = row(0)
      let b = row(1)
      let c = row(2)
      to.storeBytes(of: pf_zip_three_first(a, b, c), as: SIMD4<Float>.self)
      to.storeBytes(of: pf_zip_three_second(a, b, c), toByteOffset: 16, as: SIMD4<Float>.self)
      to.storeBytes(of: pf_zip_three_third(a, b, c), toByteOffset: 32, as: SIMD4<Float>.self)
      column += 4
    }
    transposeSingly(columns: column..<columns)
  }

  private func transposeSingly(columns: Range<Int>) {
    for first in stride(from: columns.lowerBound, to: columns.upperBound, by: lineLength) {
      for firstRow in stride(from: 0, to: rows, by: lineLength) {
        for column in first..<min(first + lineLength, columns.upperBound) {
          for row in firstRow..<min(firstRow + lineLength, rows) {
            output[column * outputStride + row] = input[row * inputStride + column]
          }
        }
      }
    }
  }
}

/// Floats of a cache line.
private let lineLength = 16

/// Vectors of several rows. Zipping the first half with the second interleaves neighbours, and as often as two goes
/// into the number of rows all of them; with as many rows as lanes that makes rows of columns.
private struct Interleaving<let count: Int> {
  private var rows = InlineArray<count, Vector>(repeating: Vector(0))

  @inline(__always)
  init(from source: Source, stride: Int) {
    for i in 0..<count { rows[i] = Vector(from: source + i * stride) }
  }

  @inline(__always)
  func store(to target: Target, stride: Int) {
    for i in 0..<count { rows[i].store(to: target + i * stride) }
  }

  @inline(__always)
  mutating func interleave() {
    zip()
    if count > 2 { zip() }
    if count > 4 { zip() }
    if count > 8 { zip() }
  }

  @inline(__always)
  private mutating func zip() {
    let before = rows
    for i in 0..<count / 2 {
      rows[2 * i] = pf_zip_low(before[i], before[i + count / 2])
      rows[2 * i + 1] = pf_zip_high(before[i], before[i + count / 2])
    }
  }
}
