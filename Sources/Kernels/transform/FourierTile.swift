import KernelContract

struct Complex {
  var re, im: Vector

  @inline(__always)
  init(_ re: Vector, _ im: Vector) {
    self.re = re
    self.im = im
  }

  /// Before and after a transform, this makes it the inverse one.
  @inline(__always) var swapped: Complex { Complex(im, re) }
  @inline(__always) static func + (a: Complex, b: Complex) -> Complex { Complex(a.re + b.re, a.im + b.im) }
  @inline(__always) static func - (a: Complex, b: Complex) -> Complex { Complex(a.re - b.re, a.im - b.im) }

  @inline(__always)
  init(from source: Source) { self.init(Vector(from: source), Vector(from: source + Vector.lanes)) }

  @inline(__always)
  func store(to target: Target) {
    re.store(to: target)
    im.store(to: target + Vector.lanes)
  }

  /// Times e^(-2πi · step / 16).
  @inline(__always)
  func turned(_ step: Int) -> Complex {
    if step == 0 { return self }
    let cosine = Vector(Complex.cosine(step))
    let sine = Vector(Complex.cosine(step - 4))
    return Complex(
      Vector.multiplyAdd(im, sine, re * cosine), Vector.multiplyAdd(Vector(-Complex.cosine(step - 4)), re, im * cosine))
  }

  /// cos(2π · step / 16), for steps known where this is inlined.
  @inline(__always)
  private static func cosine(_ step: Int) -> Float {
    switch step & 15 {
    case 0: return 1
    case 1, 15: return 0.9238795325
    case 2, 14: return 0.7071067812
    case 3, 13: return 0.3826834324
    case 5, 11: return -0.3826834324
    case 6, 10: return -0.7071067812
    case 7, 9: return -0.9238795325
    case 8: return -1
    default: return 0
    }
  }
}

/// A tile, or its spectrum, as 16 rows of 16 lines of scratch, and lines for the transforms themselves.
///
/// Of a spectrum, rows 0 and 1 are the rows' frequencies 0 and 8, each a real row's: frequencies 0 and 8 of it, then
/// the real and imaginary parts of 1 ... 7. Rows 2v and 2v + 1 are the real and the imaginary parts of frequency v.
struct FourierTile {
  private let lines: Target
  private var work: Target { lines + 256 &* Vector.lanes }

  @inline(__always) init(_ scratch: Target) { lines = scratch }

  @inline(__always) func line(_ row: Int, _ column: Int) -> Target { lines + (row &* 16 &+ column) &* Vector.lanes }
  @inline(__always) func value(_ row: Int, _ column: Int) -> Vector { Vector(from: line(row, column)) }

  /// From a tile to its spectrum: frequencies, each times 2, but those of rows 0 and 8 times 4.
  @inline(never)
  func transform() {
    var column = 0
    while column < 16 {
      forwardPair({ Complex(value($0, column), value($0, column &+ 1)) }) { row, first, second in
        first.store(to: line(row, column))
        second.store(to: line(row, column &+ 1))
      }
      column += 2
    }
    forwardPair({ Complex(value(0, $0), value(1, $0)) }) { element, first, second in
      first.store(to: line(0, element))
      second.store(to: line(1, element))
    }
    for v in 1..<8 {
      transform({ Complex(value(2 &* v, $0), value(2 &* v &+ 1, $0)) }) { column, value in
        value.re.store(to: line(2 &* v, column))
        value.im.store(to: line(2 &* v &+ 1, column))
      }
    }
  }

  /// From a spectrum to at least so many columns of 256 times its tile.
  @inline(never)
  func invert(columns: Int) {
    inversePair({ element in (value(0, element), value(1, element)) }) { column, value in
      value.re.store(to: line(0, column))
      value.im.store(to: line(1, column))
    }
    for v in 1..<8 {
      transform({ Complex(value(2 &* v &+ 1, $0), value(2 &* v, $0)) }) { column, value in
        value.im.store(to: line(2 &* v, column))
        value.re.store(to: line(2 &* v &+ 1, column))
      }
    }
    var column = 0
    while column < columns {
      inversePair({ element in (value(element, column), value(element, column &+ 1)) }) { row, value in
        value.re.store(to: line(row, column))
        value.im.store(to: line(row, column &+ 1))
      }
      column += 2
    }
  }

  /// Twice the transforms of the real and of the imaginary parts, each as 16 real numbers: frequencies 0 and 8, then
  /// the others' real and imaginary parts.
  @inline(__always)
  private func forwardPair(_ pair: (Int) -> Complex, put: (Int, Vector, Vector) -> Void) {
    transform(pair) { index, value in value.store(to: work + (32 &+ 2 &* index) &* Vector.lanes) }
    let whole = work + 32 &* Vector.lanes
    for half in 0..<2 {
      let value = Complex(from: whole + 16 &* half &* Vector.lanes)
      put(half, value.re + value.re, value.im + value.im)
    }
    for k in 1..<8 {
      let low = Complex(from: whole + 2 &* k &* Vector.lanes)
      let high = Complex(from: whole + (32 &- 2 &* k) &* Vector.lanes)
      put(2 &* k, low.re + high.re, low.im + high.im)
      put(2 &* k &+ 1, low.im - high.im, high.re - low.re)
    }
  }

  /// The real numbers, times 16, of two spectra whose elements are as `forwardPair` gives them.
  @inline(__always)
  private func inversePair(_ element: (Int) -> (Vector, Vector), put: (Int, Complex) -> Void) {
    let whole = work + 32 &* Vector.lanes
    for half in 0..<2 {
      let (first, second) = element(half)
      Complex(second, first).store(to: whole + 16 &* half &* Vector.lanes)
    }
    for k in 1..<8 {
      let re = element(2 &* k)
      let im = element(2 &* k &+ 1)
      Complex(im.0 + re.1, re.0 - im.1).store(to: whole + 2 &* k &* Vector.lanes)
      Complex(re.1 - im.0, re.0 + im.1).store(to: whole + (32 &- 2 &* k) &* Vector.lanes)
    }
    transform({ Complex(from: whole + 2 &* $0 &* Vector.lanes) }) { put($0, $1.swapped) }
  }

  /// The transform of 16 complex numbers.
  @inline(__always)
  private func transform(_ number: (Int) -> Complex, put: (Int, Complex) -> Void) {
    for n in 0..<16 { number(n).store(to: work + 2 &* n &* Vector.lanes) }
    transformWork()
    for k in 0..<16 { put(k, Complex(from: work + 2 &* k &* Vector.lanes)) }
  }

  /// Of those in the first lines of `work`, as four by four. Not inlined, which would make the code of a tile ten times
  /// as long.
  @inline(never)
  private func transformWork() {
    @inline(__always) func line(_ n: Int) -> Target { work + 2 &* n &* Vector.lanes }
    @inline(__always)
    func column(_ n: Int) {
      ofFour(
        Complex(from: line(n)), Complex(from: line(n + 4)), Complex(from: line(n + 8)), Complex(from: line(n + 12))
      ) { k, value in value.turned(n * k).store(to: line(4 &* k &+ n)) }
    }
    column(0)
    column(1)
    column(2)
    column(3)
    var rows = InlineArray<16, Complex>(repeating: Complex(Vector(0), Vector(0)))
    for k in 0..<4 {
      ofFour(
        Complex(from: line(4 &* k)), Complex(from: line(4 &* k &+ 1)), Complex(from: line(4 &* k &+ 2)),
        Complex(from: line(4 &* k &+ 3))
      ) { rows[k &+ 4 &* $0] = $1 }
    }
    for k in 0..<16 { rows[k].store(to: line(k)) }
  }

  @inline(__always)
  private func ofFour(_ x0: Complex, _ x1: Complex, _ x2: Complex, _ x3: Complex, put: (Int, Complex) -> Void) {
    let sum0 = x0 + x2
    let difference0 = x0 - x2
    let sum1 = x1 + x3
    let difference1 = x1 - x3
    put(0, sum0 + sum1)
    put(1, Complex(difference0.re + difference1.im, difference0.im - difference1.re))
    put(2, sum0 - sum1)
    put(3, Complex(difference0.re - difference1.im, difference0.im + difference1.re))
  }
}
