// Elementary functions, from Cephes's single-precision polynomials (S. Moshier) unless said otherwise: relative error
// of a few units in the last place, checked by the tests. NaN gives NaN.
import KernelContract

extension Vector {
  /// Horner's rule, from the highest power down.
  @inline(__always)
  func polynomial<let count: Int>(_ coefficients: InlineArray<count, Float>) -> Vector {
    var result = Vector(coefficients[0])
    for i in 1..<count { result = Vector.multiplyAdd(result, self, Vector(coefficients[i])) }
    return result
  }
}

/// x = n ln 2 + r, with `tail` = eʳ - 1. n is -150 ... 128: beyond, eˣ is 0 or infinite, as it is with n at that end.
@inline(__always)
private func exponentParts(_ x: Vector) -> (n: Vector, tail: Vector) {
  let x = x.clamped(Vector(-104), Vector(89))
  // Adding 1.5 · 2²³ rounds to an integer.
  let magic = Vector(0x1.8p23)
  let n = Vector.multiplyAdd(x, Vector(0x1.715476p0), magic) - magic
  var r = Vector.multiplyAdd(n, Vector(-0.693359375), x)
  r = Vector.multiplyAdd(n, Vector(2.12194440e-4), r)
  let q = r.polynomial([
    1.9875691500e-4, 1.3981999507e-3, 8.3334519073e-3, 4.1665795894e-2, 1.6666665459e-1, 5.0000001201e-1,
  ])
  return (n, Vector.multiplyAdd(q, r * r, r))
}

@inline(__always)
func exp(_ x: Vector) -> Vector {
  let (n, tail) = exponentParts(x)
  return pf_scale(Vector(1) + tail, n)
}

/// eˣ - 1 for x up to 80, accurate near 0.
@inline(__always)
func expMinusOne(_ x: Vector) -> Vector {
  let (n, tail) = exponentParts(x.max(Vector(-80)))
  let scale = pf_power_of_two(n)
  return Vector.multiplyAdd(scale, tail, scale - Vector(1))
}

@inline(__always)
func log(_ x: Vector) -> Vector {
  let smallest = Vector(Float.leastNormalMagnitude)
  let normal = pf_if_less(x, smallest, x * Vector(0x1p23), x)
  let e = pf_exponent(normal) - pf_if_less(x, smallest, Vector(23), Vector(0))
  let f = pf_mantissa(normal) - Vector(1)
  let p = f.polynomial([
    7.0376836292e-2, -1.1514610310e-1, 1.1676998740e-1, -1.2420140846e-1, 1.4249322787e-1, -1.6668057665e-1,
    2.0000714765e-1, -2.4999993993e-1, 3.3333331174e-1,
  ])
  let square = f * f
  var y = Vector.multiplyAdd(e, Vector(-2.12194440e-4), p * f * square)
  y = Vector.multiplyAdd(square, Vector(-0.5), y)
  y = Vector.multiplyAdd(e, Vector(0.693359375), f + y)
  y = pf_if_equal(x, Vector(.infinity), x, y)
  y = pf_if_equal(x, Vector(0), Vector(-.infinity), y)
  return pf_if_less(x, Vector(0), Vector(.nan), pf_if_equal(x, x, y, x))
}

/// ln(1 + x) for x in 0 ... 1, by Kahan's correction of what 1 + x loses.
@inline(__always)
func logOnePlus(_ x: Vector) -> Vector {
  let sum = Vector(1) + x
  let kept = sum - Vector(1)
  return pf_if_equal(kept, Vector(0), x, log(sum) * (x / kept))
}

@inline(__always)
func tanh(_ x: Vector) -> Vector {
  let t = expMinusOne(Vector(2) * pf_magnitude(x).min(Vector(10)))
  return pf_copy_sign(t / (t + Vector(2)), x)
}

/// 1 / (1 + e⁻ˣ), with an exponential that cannot overflow.
@inline(__always)
func sigmoid(_ x: Vector) -> Vector {
  let e = exp(Vector(0) - pf_magnitude(x))
  return pf_if_less(x, Vector(0), e, Vector(1)) / (Vector(1) + e)
}

@inline(__always)
func softplus(_ x: Vector) -> Vector {
  x.max(Vector(0)) + logOnePlus(exp(Vector(0) - pf_magnitude(x)))
}

/// A ratio of polynomials in x² (Eigen's), which is ±1 to single precision at ±4.
@inline(__always)
func erf(_ x: Vector) -> Vector {
  let x = x.clamped(Vector(-4), Vector(4))
  let square = x * x
  let numerator = square.polynomial([
    -2.72614225801306e-10, 2.77068142495902e-08, -2.10102402082508e-06, -5.69250639462346e-05, -7.34990630326855e-04,
    -2.95459980854025e-03, -1.60960333262415e-02,
  ])
  let denominator = square.polynomial([
    -1.45660718464996e-05, -2.13374055278905e-04, -1.68282697438203e-03, -7.37332916720468e-03, -1.42647390514189e-02,
  ])
  return x * (numerator / denominator)
}
