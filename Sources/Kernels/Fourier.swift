import KernelContract

/// The transform of 16 × 16 real numbers, whose products at each frequency are sums over windows that don't reach beyond the tile: those
/// that begin in its first 17 - kernel rows and columns (Mathieu, Henaff and LeCun 2013).
///
/// Of the columns' frequencies 0 ... 8 say it all; 0 and 8 of a real column are real. Two real columns go through one complex transform,
/// as its real and its imaginary part, and so do the rows of frequencies 0 and 8. A product (a + bi)(c + di) = k1 - k3 + (k1 + k2)i takes
/// k1 = (a + b)c, k2 = a(d - c) and k3 = b(c + d): three positions, of which each side prepares its factors.
enum Fourier: TileTransform {
  static var inputSize: Int { 16 }

  @inline(__always)
  static func input<L: LinearLanes>(_ pixel: (Int) -> L, scratch: Target, put: (Int, L) -> Void) {
    forward(pixel, scratch: scratch, putReal: put) { position, value, _ in
      put(position, value.re + value.im)
      put(position &+ 1, value.re)
      put(position &+ 2, value.im)
    }
  }

  /// Conjugates, because a kernel isn't mirrored, over the number of frequencies and over what `forward` has both the factors multiplied by.
  @inline(__always)
  static func weights<L: LinearLanes>(
    _ tap: (Int, Int) -> L, kernelHeight: Int, kernelWidth: Int, scratch: Target, put: (Int, L) -> Void
  ) {
    let zero = L(0)
    forward(
      { $0 >> 4 < kernelHeight && $0 & 15 < kernelWidth ? tap($0 >> 4, $0 & 15) : zero }, scratch: scratch,
      putReal: { put($0, $1 * L(1 / (256 * 16))) }
    ) { position, value, multiple in
      let scale = L(1 / (256 * multiple * multiple))
      let re = value.re * scale, im = value.im * scale
      put(position, re)
      put(position &+ 1, zero - im - re)
      put(position &+ 2, re - im)
    }
  }

  @inline(__always)
  static func output<L: LinearLanes>(
    _ sum: (Int) -> L, rows: Int, columns: Int, scratch: Target, put: (Int, Int, L) -> Void
  ) {
    @inline(__always)
    func complex(_ position: Int) -> Complex<L> {
      let k1 = sum(position)
      return Complex(k1 - sum(position &+ 2), k1 + sum(position &+ 1))
    }
    let spectra = Spectra<L>(scratch)
    inversePair(
      scratch: spectra.rest, real0: { sum(2 &* $0) }, real8: { sum(2 &* $0 &+ 1) }, complex0: { complex(1 &+ 3 &* $0) },
      complex1: { complex(22 &+ 3 &* $0) }
    ) { column, value in
      value.re.store(to: spectra.line(0, column))
      value.im.store(to: spectra.line(1, column))
    }
    for frequency in 1..<8 {
      let first = 46 &+ 48 &* (frequency &- 1)
      transform({ complex(first &+ 3 &* $0).swapped }, scratch: spectra.rest) { column, value in
        value.im.store(to: spectra.line(2 &* frequency, column))
        value.re.store(to: spectra.line(2 &* frequency &+ 1, column))
      }
    }
    var column = 0
    while column < columns {
      inversePair(
        scratch: spectra.rest,
        real0: { L(from: spectra.line(0, column &+ $0)) }, real8: { L(from: spectra.line(1, column &+ $0)) },
        complex0: { spectra.complex($0, column) }, complex1: { spectra.complex($0, column &+ 1) }
      ) { row, value in
        if row < rows {
          put(row, column, value.re)
          put(row, column &+ 1, value.im)
        }
      }
      column += 2
    }
  }

  /// Frequencies, each times 2, but those of rows 0 and 8 times 4: the third argument of `putComplex`.
  @inline(__always)
  private static func forward<L: LinearLanes>(
    _ pixel: (Int) -> L, scratch: Target, putReal: (Int, L) -> Void, putComplex: (Int, Complex<L>, Float) -> Void
  ) {
    let spectra = Spectra<L>(scratch)
    var column = 0
    while column < 16 {
      forwardPair({ Complex(pixel($0 &* 16 &+ column), pixel($0 &* 16 &+ column &+ 1)) }, scratch: spectra.rest) { row, first, second in
        first.store(to: spectra.line(row, column))
        second.store(to: spectra.line(row, column &+ 1))
      }
      column += 2
    }
    // Element 0 is frequency 0, 1 is 8, and 2v and 2v + 1 are frequency v. They go where the transform doesn't look any more.
    let pair = spectra.rest
    forwardPair({ Complex(L(from: spectra.line(0, $0)), L(from: spectra.line(1, $0))) }, scratch: spectra.rest) { element, first, second in
      first.store(to: pair + element &* L.lanes)
      second.store(to: pair + (16 &+ element) &* L.lanes)
    }
    for half in 0..<2 {
      let of = pair + 16 &* half &* L.lanes
      putReal(2 &* half, L(from: of))
      putReal(2 &* half &+ 1, L(from: of + L.lanes))
      for v in 1..<8 {
        putComplex(
          1 &+ 21 &* half &+ 3 &* v, Complex(L(from: of + 2 &* v &* L.lanes), L(from: of + (2 &* v &+ 1) &* L.lanes)), 4)
      }
    }
    for frequency in 1..<8 {
      let first = 46 &+ 48 &* (frequency &- 1)
      transform({ spectra.complex(frequency, $0) }, scratch: spectra.rest) { column, value in
        putComplex(first &+ 3 &* column, value, 2)
      }
    }
  }
}
