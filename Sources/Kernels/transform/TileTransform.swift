import KernelContract

/// The linear transforms of one algorithm, each of a vector of channels at once. Numbers come from and go to functions
/// of their place, so that where they lie is the caller's matter; `scratch` has room for `transformScratchVectors`.
protocol TileTransform {
  /// Calls `body` with positions at each of which the numbers of some pixels are summed with no factor of zero; of all
  /// pixels, together. So these are finite only where the tile is.
  static func forEachWitness(_ body: (Int) -> Void)
  /// The input at row · (columns of a tile) + column; what goes to each position.
  static func input(_ pixel: (Int) -> Vector, scratch: Target, put: (Int, Vector) -> Void)
  /// The sums at each position; the tile of the output, at least its first `rows` and `columns`.
  static func output(_ sum: (Int) -> Vector, rows: Int, columns: Int, scratch: Target, put: (Int, Int, Vector) -> Void)
  /// The kernel at a row and column; what goes to each position.
  static func weights(
    _ tap: (Int, Int) -> Vector, kernelHeight: Int, kernelWidth: Int, scratch: Target, put: (Int, Vector) -> Void)
}

enum Winograd2x2Kernel3x3: Winograd {
  typealias P = FourPoints
  static var outputSize: Int { 2 }
}

enum Winograd3x3Kernel3x3: Winograd {
  typealias P = FivePoints
  static var outputSize: Int { 3 }
}

enum Winograd4x4Kernel3x3: Winograd {
  typealias P = SixPoints
  static var outputSize: Int { 4 }
}

enum Winograd6x6Kernel3x3: Winograd {
  typealias P = EightPoints
  static var outputSize: Int { 6 }
}

enum Winograd2x2Kernel5x5: Winograd {
  typealias P = SixPoints
  static var outputSize: Int { 2 }
}

enum Winograd4x4Kernel5x5: Winograd {
  typealias P = EightPoints
  static var outputSize: Int { 4 }
}

/// Winograd's transforms in two dimensions: down the columns, then along the rows.
protocol Winograd: TileTransform {
  associatedtype P: WinogradPoints
  static var outputSize: Int { get }
}

extension Winograd {
  /// Of either dimension's first position and last one, one has the even pixels and one the odd ones.
  static func forEachWitness(_ body: (Int) -> Void) {
    let last = P.count - 1
    body(0)
    body(last)
    body(last * P.count)
    body(last * P.count + last)
  }

  @inline(__always)
  static func input(_ pixel: (Int) -> Vector, scratch: Target, put: (Int, Vector) -> Void) {
    for column in 0..<P.count {
      P.input(line { pixel($0 &* P.count &+ column) }) { row, value in
        value.store(to: scratch + (row &* P.count &+ column) &* Vector.lanes)
      }
    }
    for row in 0..<P.count {
      let first = row &* P.count
      P.input(line { Vector(from: scratch + (first &+ $0) &* Vector.lanes) }) { column, value in
        put(first &+ column, value)
      }
    }
  }

  @inline(__always)
  static func output(_ sum: (Int) -> Vector, rows: Int, columns: Int, scratch: Target, put: (Int, Int, Vector) -> Void)
  {
    for column in 0..<P.count {
      P.output(line { sum($0 &* P.count &+ column) }, rows: outputSize) { row, value in
        value.store(to: scratch + (row &* P.count &+ column) &* Vector.lanes)
      }
    }
    for row in 0..<rows {
      let first = row &* P.count
      P.output(line { Vector(from: scratch + (first &+ $0) &* Vector.lanes) }, rows: outputSize) { column, value in
        put(row, column, value)
      }
    }
  }

  @inline(__always)
  static func weights(
    _ tap: (Int, Int) -> Vector, kernelHeight: Int, kernelWidth: Int, scratch: Target, put: (Int, Vector) -> Void
  ) {
    let kernel = P.count + 1 - outputSize
    for column in 0..<kernel {
      P.weights(line(kernel) { tap($0, column) }, kernel: kernel) { row, value in
        value.store(to: scratch + (row &* kernel &+ column) &* Vector.lanes)
      }
    }
    for row in 0..<P.count {
      P.weights(line(kernel) { Vector(from: scratch + (row &* kernel &+ $0) &* Vector.lanes) }, kernel: kernel) {
        column, value in
        put(row &* P.count &+ column, value)
      }
    }
  }

  @inline(__always)
  private static func line(_ count: Int = P.count, _ element: (Int) -> Vector) -> InlineArray<8, Vector> {
    vectors(count, element)
  }
}

@inline(__always)
private func vectors(_ count: Int, _ element: (Int) -> Vector) -> InlineArray<8, Vector> {
  var line = InlineArray<8, Vector>(repeating: Vector(0))
  for i in 0..<count { line[i] = element(i) }
  return line
}

enum Winograd6Kernel3: LineWinograd {
  typealias P = EightPoints
  static var outputSize: Int { 6 }
}

enum Winograd4Kernel5: LineWinograd {
  typealias P = EightPoints
  static var outputSize: Int { 4 }
}

/// Winograd's transforms in one dimension, of a tile that is a row; one that is a column is taken for a row.
protocol LineWinograd: TileTransform {
  associatedtype P: WinogradPoints
  static var outputSize: Int { get }
}

extension LineWinograd {
  static func forEachWitness(_ body: (Int) -> Void) {
    body(0)
    body(P.count - 1)
  }

  @inline(__always)
  static func input(_ pixel: (Int) -> Vector, scratch: Target, put: (Int, Vector) -> Void) {
    P.input(vectors(P.count, pixel), put)
  }

  @inline(__always)
  static func output(_ sum: (Int) -> Vector, rows: Int, columns: Int, scratch: Target, put: (Int, Int, Vector) -> Void)
  {
    P.output(vectors(P.count, sum), rows: outputSize) { column, value in put(0, column, value) }
  }

  @inline(__always)
  static func weights(
    _ tap: (Int, Int) -> Vector, kernelHeight: Int, kernelWidth: Int, scratch: Target, put: (Int, Vector) -> Void
  ) {
    let kernel = P.count + 1 - outputSize
    P.weights(vectors(kernel) { kernelWidth == 1 ? tap($0, 0) : tap(0, $0) }, kernel: kernel, put)
  }
}
