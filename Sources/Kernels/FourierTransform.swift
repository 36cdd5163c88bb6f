import KernelContract

struct Complex<L: LinearLanes> {
  var re, im: L

  @inline(__always)
  init(_ re: L, _ im: L) {
    self.re = re
    self.im = im
  }

  /// Before and after a transform, this makes it the inverse one.
  @inline(__always) var swapped: Complex { Complex(im, re) }
  @inline(__always) static func + (a: Complex, b: Complex) -> Complex { Complex(a.re + b.re, a.im + b.im) }
  @inline(__always) static func - (a: Complex, b: Complex) -> Complex { Complex(a.re - b.re, a.im - b.im) }

  @inline(__always)
  init(from source: Source) { self.init(L(from: source), L(from: source + L.lanes)) }

  @inline(__always)
  func store(to target: Target) {
    re.store(to: target)
    im.store(to: target + L.lanes)
  }

  /// Times e^(-2πi · step / 16).
  @inline(__always)
  func turned(_ step: Int) -> Complex {
    if step == 0 { return self }
    let cosine = L(Complex.cosine(step)), sine = L(Complex.cosine(step - 4))
    return Complex(
      L.multiplyAdd(im, sine, re * cosine), L.multiplyAdd(L(-Complex.cosine(step - 4)), re, im * cosine))
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

/// Lines of scratch between the transforms down the columns and those along the rows: for each column its frequencies as a real pair's.
struct Spectra<L: LinearLanes> {
  private let lines: Target
  /// 64 lines for the transforms themselves.
  let rest: Target

  @inline(__always)
  init(_ scratch: Target) {
    lines = scratch
    rest = scratch + 256 &* L.lanes
  }

  @inline(__always) func line(_ element: Int, _ column: Int) -> Target { lines + (element &* 16 &+ column) &* L.lanes }

  @inline(__always)
  func complex(_ frequency: Int, _ column: Int) -> Complex<L> {
    Complex(L(from: line(2 &* frequency, column)), L(from: line(2 &* frequency &+ 1, column)))
  }
}

extension Fourier {
  /// The transform of 16 complex numbers, as four by four; 32 lines of scratch.
  @inline(__always)
  static func transform<L: LinearLanes>(_ number: (Int) -> Complex<L>, scratch: Target, put: (Int, Complex<L>) -> Void) {
    @inline(__always)
    func column(_ n: Int) {
      ofFour(number(n), number(n + 4), number(n + 8), number(n + 12)) { k, value in
        value.turned(n * k).store(to: scratch + (8 &* k &+ 2 &* n) &* L.lanes)
      }
    }
    column(0)
    column(1)
    column(2)
    column(3)
    for k in 0..<4 {
      let row = scratch + 8 &* k &* L.lanes
      ofFour(
        Complex(from: row), Complex(from: row + 2 &* L.lanes), Complex(from: row + 4 &* L.lanes), Complex(from: row + 6 &* L.lanes)
      ) { put(k &+ 4 &* $0, $1) }
    }
  }

  @inline(__always)
  private static func ofFour<L: LinearLanes>(
    _ x0: Complex<L>, _ x1: Complex<L>, _ x2: Complex<L>, _ x3: Complex<L>, put: (Int, Complex<L>) -> Void
  ) {
    let sum0 = x0 + x2, difference0 = x0 - x2, sum1 = x1 + x3, difference1 = x1 - x3
    put(0, sum0 + sum1)
    put(1, Complex(difference0.re + difference1.im, difference0.im - difference1.re))
    put(2, sum0 - sum1)
    put(3, Complex(difference0.re - difference1.im, difference0.im + difference1.re))
  }

  /// Twice the transforms of the real and of the imaginary parts, each as 16 real numbers: frequencies 0 and 8, then the others' real and
  /// imaginary parts; 64 lines of scratch.
  @inline(__always)
  static func forwardPair<L: LinearLanes>(_ pair: (Int) -> Complex<L>, scratch: Target, put: (Int, L, L) -> Void) {
    let whole = scratch + 32 &* L.lanes
    transform(pair, scratch: scratch) { $1.store(to: whole + 2 &* $0 &* L.lanes) }
    for half in 0..<2 {
      let value = Complex<L>(from: whole + 16 &* half &* L.lanes)
      put(half, value.re + value.re, value.im + value.im)
    }
    for k in 1..<8 {
      let low = Complex<L>(from: whole + 2 &* k &* L.lanes), high = Complex<L>(from: whole + (32 &- 2 &* k) &* L.lanes)
      put(2 &* k, low.re + high.re, low.im + high.im)
      put(2 &* k &+ 1, low.im - high.im, high.re - low.re)
    }
  }

  /// The real numbers, times 16, of two spectra: `real0` and `real8` give frequencies 0 and 8 of either.
  @inline(__always)
  static func inversePair<L: LinearLanes>(
    scratch: Target, real0: (Int) -> L, real8: (Int) -> L, complex0: (Int) -> Complex<L>, complex1: (Int) -> Complex<L>,
    put: (Int, Complex<L>) -> Void
  ) {
    let whole = scratch + 32 &* L.lanes
    Complex(real0(0), real0(1)).swapped.store(to: whole)
    Complex(real8(0), real8(1)).swapped.store(to: whole + 16 &* L.lanes)
    for k in 1..<8 {
      let first = complex0(k), second = complex1(k)
      Complex(first.re - second.im, first.im + second.re).swapped.store(to: whole + 2 &* k &* L.lanes)
      Complex(first.re + second.im, second.re - first.im).swapped.store(to: whole + (32 &- 2 &* k) &* L.lanes)
    }
    transform({ Complex(from: whole + 2 &* $0 &* L.lanes) }, scratch: scratch) { put($0, $1.swapped) }
  }
}
