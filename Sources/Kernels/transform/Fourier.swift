import KernelContract

/// The transform of 16 × 16 real numbers, whose products at each frequency are sums over windows that don't reach
/// beyond the tile: those that begin in its first 17 - kernel rows and columns (Mathieu, Henaff and LeCun 2013).
///
/// Of the columns' frequencies 0 ... 8 say it all; 0 and 8 of a real column are real. Two real columns go through one
/// complex transform, as its real and its imaginary part, and so do the rows of frequencies 0 and 8. A product (a +
/// bi)(c + di) = k1 - k3 + (k1 + k2)i takes k1 = (a + b)c, k2 = a(d - c) and k3 = b(c + d): three positions, of which
/// each side prepares its factors.
enum Fourier: TileTransform {
  static var inputSize: Int { 16 }

  /// The sum of all pixels.
  static func forEachWitness(_ body: (Int) -> Void) { body(0) }

  @inline(__always)
  static func input(_ pixel: (Int) -> Vector, scratch: Target, put: (Int, Vector) -> Void) {
    let tile = FourierTile(scratch)
    for index in 0..<256 { pixel(index).store(to: tile.line(0, index)) }
    tile.transform()
    forEachReal { position, row, column in put(position, tile.value(row, column)) }
    forEachComplex { position, re, im, _ in
      let re = Vector(from: tile.line(0, re))
      let im = Vector(from: tile.line(0, im))
      put(position, re + im)
      put(position &+ 1, re)
      put(position &+ 2, im)
    }
  }

  /// Conjugates, because a kernel isn't mirrored, over the number of frequencies and over what both the factors were
  /// multiplied by.
  @inline(__always)
  static func weights(
    _ tap: (Int, Int) -> Vector, kernelHeight: Int, kernelWidth: Int, scratch: Target, put: (Int, Vector) -> Void
  ) {
    let tile = FourierTile(scratch)
    for index in 0..<256 { Vector(0).store(to: tile.line(0, index)) }
    for row in 0..<kernelHeight {
      for column in 0..<kernelWidth { tap(row, column).store(to: tile.line(row, column)) }
    }
    tile.transform()
    forEachReal { position, row, column in put(position, tile.value(row, column) * Vector(1 / (256 * 16))) }
    forEachComplex { position, re, im, multiple in
      let scale = Vector(1 / (256 * multiple * multiple))
      let re = Vector(from: tile.line(0, re)) * scale
      let im = Vector(from: tile.line(0, im)) * scale
      put(position, re)
      put(position &+ 1, Vector(0) - im - re)
      put(position &+ 2, re - im)
    }
  }

  @inline(__always)
  static func output(_ sum: (Int) -> Vector, rows: Int, columns: Int, scratch: Target, put: (Int, Int, Vector) -> Void)
  {
    let tile = FourierTile(scratch)
    forEachReal { position, row, column in sum(position).store(to: tile.line(row, column)) }
    forEachComplex { position, re, im, _ in
      let k1 = sum(position)
      (k1 - sum(position &+ 2)).store(to: tile.line(0, re))
      (k1 + sum(position &+ 1)).store(to: tile.line(0, im))
    }
    tile.invert(columns: columns)
    for row in 0..<rows {
      for column in 0..<columns { put(row, column, tile.value(row, column)) }
    }
  }

  /// The positions of real frequencies, with their rows and columns in a spectrum.
  @inline(__always)
  private static func forEachReal(_ body: (_ position: Int, _ row: Int, _ column: Int) -> Void) {
    for row in 0..<2 {
      for column in 0..<2 { body(2 &* row &+ column, row, column) }
    }
  }

  /// The first positions of complex ones, with the lines of a spectrum where their parts are, and what a transform
  /// multiplies them by.
  @inline(__always)
  private static func forEachComplex(_ body: (_ position: Int, _ re: Int, _ im: Int, _ multiple: Float) -> Void) {
    for row in 0..<2 {
      for v in 1..<8 { body(1 &+ 21 &* row &+ 3 &* v, 16 &* row &+ 2 &* v, 16 &* row &+ 2 &* v &+ 1, 4) }
    }
    for v in 1..<8 {
      for column in 0..<16 {
        body(46 &+ 48 &* (v &- 1) &+ 3 &* column, 32 &* v &+ column, 32 &* v &+ 16 &+ column, 2)
      }
    }
  }
}
