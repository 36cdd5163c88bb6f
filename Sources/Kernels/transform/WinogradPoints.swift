import KernelContract

/// Winograd's minimal filtering (Lavin and Gray 2015) from the theorem of Toom and Cook. Multiplying polynomials of
/// `outputs` and `kernel` coefficients takes as many products as their product has coefficients, n = outputs + kernel -
/// 1: evaluate both at n points, multiply the values, interpolate. Transposed, the same products give `outputs` sums
/// over windows of `kernel`: Aᵀ[(Gg) ⊙ (Bᵀd)], where for a point p
///
/// - Aᵀ has the column 1, p, p², ...;
/// - G has the row (1, p, p², ...) / N'(p), with N(x) = ∏ (x - p) over the finite points;
/// - Bᵀ has the coefficients of N(x) / (x - p) as its row;
///
/// and for the point at infinity Aᵀ and G pick their last coefficient and Bᵀ has those of N. In two dimensions each
/// applies to columns, then to rows. The points are pairs ±p and infinity, and 0 if they are even in number. That makes
/// every polynomial above one in x² or x times one: a pair shares its terms.
protocol WinogradPoints {
  /// Finite points and infinity.
  static var count: Int { get }
  static var pairs: Int { get }
  /// The positive point of a pair.
  static func pair(_ index: Int) -> Float
  /// Bᵀd.
  static func input(_ data: InlineArray<8, Vector>, _ put: (Int, Vector) -> Void)
}

/// N = x(x² - 1).
enum FourPoints: WinogradPoints {
  static var count: Int { 4 }
  static var pairs: Int { 1 }
  @inline(__always) static func pair(_: Int) -> Float { 1 }

  @inline(__always)
  static func input(_ d: InlineArray<8, Vector>, _ put: (Int, Vector) -> Void) {
    put(0, d[2] - d[0])
    putPair(0, even: d[2], odd: d[1], put)
    put(3, d[3] - d[1])
  }
}

/// ±3/8, ±11/8, ∞ round to less than half the error of the usual 0, ±1, 2, ∞: of the pairs of multiples of 1/8 up to
/// 5/2, with infinity or with 0, none has less.
enum FivePoints: WinogradPoints {
  static var count: Int { 5 }
  static var pairs: Int { 2 }
  @inline(__always) static func pair(_ index: Int) -> Float { index == 0 ? 0.375 : 1.375 }

  @inline(__always)
  static func input(_ d: InlineArray<8, Vector>, _ put: (Int, Vector) -> Void) {
    let a = square(0)
    let b = square(1)
    putPair(0, even: reduced(d, 3, b), odd: reduced(d, 2, b), put)
    putPair(1, even: reduced(d, 3, a), odd: reduced(d, 2, a), put)
    put(4, reduced(d, 4, a, b))
  }
}

/// 0, ±5/8, ±3/2, ∞ round to less than half the error of the usual ±1, ±2: of the multiples of 1/8 up to 5/2 no pairs
/// have less for both the kernels that use them.
enum SixPoints: WinogradPoints {
  static var count: Int { 6 }
  static var pairs: Int { 2 }
  @inline(__always) static func pair(_ index: Int) -> Float { index == 0 ? 0.625 : 1.5 }

  @inline(__always)
  static func input(_ d: InlineArray<8, Vector>, _ put: (Int, Vector) -> Void) {
    let a = square(0)
    let b = square(1)
    put(0, reduced(d, 4, a, b))
    putPair(0, even: reduced(d, 4, b), odd: reduced(d, 3, b), put)
    putPair(1, even: reduced(d, 4, a), odd: reduced(d, 3, a), put)
    put(5, reduced(d, 5, a, b))
  }
}

/// 0, ±1/2, ±1, ±2, ∞: of the triples of multiples of 1/8 and 1/16 near them none rounds to less error.
enum EightPoints: WinogradPoints {
  static var count: Int { 8 }
  static var pairs: Int { 3 }
  @inline(__always) static func pair(_ index: Int) -> Float { index == 0 ? 0.5 : index == 1 ? 1 : 2 }

  @inline(__always)
  static func input(_ d: InlineArray<8, Vector>, _ put: (Int, Vector) -> Void) {
    let a = square(0)
    let b = square(1)
    let c = square(2)
    put(0, reduced(d, 6, a, b, c))
    putPair(0, even: reduced(d, 6, b, c), odd: reduced(d, 5, b, c), put)
    putPair(1, even: reduced(d, 6, a, c), odd: reduced(d, 5, a, c), put)
    putPair(2, even: reduced(d, 6, a, b), odd: reduced(d, 5, a, b), put)
    put(7, reduced(d, 7, a, b, c))
  }
}

extension WinogradPoints {
  @inline(__always) static var hasZero: Bool { count & 1 == 0 }

  /// The place of the positive point of a pair; the negative one follows.
  @inline(__always) static func place(ofPair index: Int) -> Int { 2 &* index &+ (hasZero ? 1 : 0) }

  @inline(__always) static func square(_ index: Int) -> Float { pair(index) * pair(index) }

  // The polynomials (x² - a), (x² - a)(x² - b) and (x² - a)(x² - b)(x² - c), times a power of x that makes `top` their
  // degree, applied to d.

  @inline(__always)
  static func reduced(_ d: InlineArray<8, Vector>, _ top: Int, _ a: Float) -> Vector {
    Vector.multiplyAdd(Vector(-a), d[top - 2], d[top])
  }

  @inline(__always)
  static func reduced(_ d: InlineArray<8, Vector>, _ top: Int, _ a: Float, _ b: Float) -> Vector {
    Vector.multiplyAdd(Vector(a * b), d[top - 4], Vector.multiplyAdd(Vector(-(a + b)), d[top - 2], d[top]))
  }

  @inline(__always)
  static func reduced(_ d: InlineArray<8, Vector>, _ top: Int, _ a: Float, _ b: Float, _ c: Float) -> Vector {
    Vector.multiplyAdd(
      Vector(-(a * b * c)), d[top - 6],
      Vector.multiplyAdd(
        Vector(a * b + a * c + b * c), d[top - 4], Vector.multiplyAdd(Vector(-(a + b + c)), d[top - 2], d[top])))
  }

  /// The rows of a pair ±p: x ± p, times x if 0 is a point, times the polynomial that `even` and `odd`, a degree less,
  /// have been through.
  @inline(__always)
  static func putPair(_ index: Int, even: Vector, odd: Vector, _ put: (Int, Vector) -> Void) {
    let row = place(ofPair: index)
    let point = pair(index)
    put(row, Vector.multiplyAdd(Vector(point), odd, even))
    put(row + 1, Vector.multiplyAdd(Vector(-point), odd, even))
  }

  /// Aᵀm. `rows` has to be known where this is inlined.
  @inline(__always)
  static func output(_ m: InlineArray<8, Vector>, rows: Int, _ put: (Int, Vector) -> Void) {
    @inline(__always)
    func sum(_ index: Int) -> Vector { m[place(ofPair: index)] + m[place(ofPair: index) + 1] }
    @inline(__always)
    func difference(_ index: Int) -> Vector { m[place(ofPair: index)] - m[place(ofPair: index) + 1] }

    let sum0 = sum(0)
    let difference0 = difference(0)
    let sum1 = pairs > 1 ? sum(1) : sum0
    let difference1 = pairs > 1 ? difference(1) : sum0
    let sum2 = pairs > 2 ? sum(2) : sum0
    let difference2 = pairs > 2 ? difference(2) : sum0

    @inline(__always)
    func row(_ power: Int) -> Vector {
      let isEven = power & 1 == 0
      var value = Vector(raised(0, power)) * (isEven ? sum0 : difference0)
      if pairs > 1 { value = Vector.multiplyAdd(Vector(raised(1, power)), isEven ? sum1 : difference1, value) }
      if pairs > 2 { value = Vector.multiplyAdd(Vector(raised(2, power)), isEven ? sum2 : difference2, value) }
      return power == rows - 1 ? value + m[count - 1] : value
    }

    put(0, hasZero ? row(0) + m[0] : row(0))
    put(1, row(1))
    if rows > 2 { put(2, row(2)) }
    if rows > 3 { put(3, row(3)) }
    if rows > 4 {
      put(4, row(4))
      put(5, row(5))
    }
  }

  @inline(__always)
  static func raised(_ index: Int, _ power: Int) -> Float {
    var result: Float = 1
    for _ in 0..<power { result *= pair(index) }
    return result
  }

  /// Gg.
  static func weights(_ g: InlineArray<8, Vector>, kernel: Int, _ put: (Int, Vector) -> Void) {
    var product: Float = 1
    for index in 0..<pairs { product *= -square(index) }
    if hasZero { put(0, g[0] * Vector(1 / product)) }
    for index in 0..<pairs {
      let a = square(index)
      let point = pair(index)
      // N'(±p) = ±2p ∏ (p² - q²) over the other pairs, times ±p if 0 is a point.
      var slope = 2 * (hasZero ? a : point)
      for other in 0..<pairs where other != index { slope *= a - square(other) }
      var even = Vector(0)
      var odd = Vector(0)
      var power = kernel - 1
      while power >= 0 {
        if power & 1 == 0 {
          even = Vector.multiplyAdd(even, Vector(a), g[power])
        } else {
          odd = Vector.multiplyAdd(odd, Vector(a), g[power])
        }
        power -= 1
      }
      let row = place(ofPair: index)
      put(row, Vector.multiplyAdd(Vector(point), odd, even) * Vector(1 / slope))
      put(row + 1, Vector.multiplyAdd(Vector(-point), odd, even) * Vector(1 / (hasZero ? slope : -slope)))
    }
    put(count - 1, g[kernel - 1])
  }
}
