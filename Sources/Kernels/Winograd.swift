import KernelContract

typealias Vectors = UnsafeMutablePointer<Vector>

/// The one-dimensional transforms of Winograd's minimal filtering (Lavin and Gray 2015, section 4.2), after Cook and Toom: instead of two
/// polynomials, their values at 0, ±1, ±2, ±½ (as many as a tile needs) and infinity are multiplied. A transform of two dimensions is one of
/// every column and then one of every row. Tiles with the same number of input values share points, whatever the kernel.
struct Winograd {
  /// Values of a tile along one dimension, in and out, and taps of the kernel.
  let inputs, outputs, taps: Int

  init(_ algorithm: pf_algorithm, _ window: pf_window) {
    var window = window
    let tiling = pf_tiling_of(algorithm, &window)
    inputs = Int(tiling.input_height)
    outputs = Int(tiling.output_height)
    taps = Int(window.kernel_height)
  }

  var positions: Int { inputs * inputs }

  /// An entry of G: a power of the row's point, times what the transforms below leave out of the interpolation.
  func weight(row: Int, tap: Int) -> Float {
    if row == inputs - 1 { return tap == taps - 1 ? 1 : 0 }
    let factor: Float
    let point: Float
    switch row {
    case 0: (point, factor) = (0, inputs == 6 ? 0.25 : 1)
    case 1, 2: (point, factor) = (row == 1 ? 1 : -1, inputs == 4 ? 0.5 : inputs == 6 ? -1 / 6 : -2 / 9)
    case 3, 4: (point, factor) = (row == 3 ? 2 : -2, inputs == 6 ? 1 / 24 : 1 / 90)
    default: (point, factor) = (row == 5 ? 0.5 : -0.5, 32 / 45)
    }
    var power = factor
    for _ in 0..<tap { power *= point }
    return power
  }

  /// Bᵀx, `step` from value to value, into `y`.
  @inline(__always)
  func transformInput(_ x: Vectors, step s: Int, to y: Vectors) {
    switch inputs {
    case 4:
      y[0] = x[0] - x[2 * s]
      y[1] = x[s] + x[2 * s]
      y[2] = x[2 * s] - x[s]
      y[3] = x[s] - x[3 * s]
    case 6:
      let x1 = x[s], x2 = x[2 * s], x3 = x[3 * s], x4 = x[4 * s]
      let even1 = Vector.multiplyAdd(Vector(-4), x2, x4), odd1 = Vector.multiplyAdd(Vector(-4), x1, x3)
      let even2 = x4 - x2, odd2 = Vector(2) * (x3 - x1)
      y[0] = Vector.multiplyAdd(Vector(4), x[0], Vector.multiplyAdd(Vector(-5), x2, x4))
      y[1] = even1 + odd1
      y[2] = even1 - odd1
      y[3] = even2 + odd2
      y[4] = even2 - odd2
      y[5] = Vector.multiplyAdd(Vector(4), x1, Vector.multiplyAdd(Vector(-5), x3, x[5 * s]))
    default:
      let x1 = x[s], x2 = x[2 * s], x3 = x[3 * s], x4 = x[4 * s], x5 = x[5 * s], x6 = x[6 * s]
      let even1 = Vector.multiplyAdd(Vector(-4.25), x4, x2 + x6), odd1 = Vector.multiplyAdd(Vector(-4.25), x3, x1 + x5)
      let even2 = Vector.multiplyAdd(Vector(0.25), x2, Vector.multiplyAdd(Vector(-1.25), x4, x6))
      let odd2 = Vector.multiplyAdd(Vector(0.5), x1, Vector.multiplyAdd(Vector(-2.5), x3, x5 + x5))
      let even3 = Vector.multiplyAdd(Vector(4), x2, Vector.multiplyAdd(Vector(-5), x4, x6))
      let odd3 = Vector.multiplyAdd(Vector(0.5), x5, Vector.multiplyAdd(Vector(-2.5), x3, x1 + x1))
      y[0] = Vector.multiplyAdd(Vector(5.25), x4 - x2, x[0] - x6)
      y[1] = even1 + odd1
      y[2] = even1 - odd1
      y[3] = even2 + odd2
      y[4] = even2 - odd2
      y[5] = even3 + odd3
      y[6] = even3 - odd3
      y[7] = Vector.multiplyAdd(Vector(5.25), x3 - x5, x[7 * s] - x1)
    }
  }

  /// Aᵀx, `step` from value to value, into `y`.
  @inline(__always)
  func transformOutput(_ x: Vectors, step s: Int, to y: Vectors) {
    let plus1 = x[s] + x[2 * s], minus1 = x[s] - x[2 * s]
    if inputs == 4 {
      y[0] = x[0] + plus1
      y[1] = minus1 - x[3 * s]
      return
    }
    let plus2 = x[3 * s] + x[4 * s], minus2 = x[3 * s] - x[4 * s]
    if inputs == 6 {
      y[0] = x[0] + plus1 + plus2
      y[1] = Vector.multiplyAdd(Vector(2), minus2, minus1)
      if outputs == 4 {
        y[2] = Vector.multiplyAdd(Vector(4), plus2, plus1)
        y[3] = Vector.multiplyAdd(Vector(8), minus2, minus1)
      }
    } else {
      let plus3 = x[5 * s] + x[6 * s], minus3 = x[5 * s] - x[6 * s]
      y[0] = x[0] + plus1 + (plus2 + plus3)
      y[1] = Vector.multiplyAdd(Vector(2), minus2, Vector.multiplyAdd(Vector(0.5), minus3, minus1))
      y[2] = Vector.multiplyAdd(Vector(4), plus2, Vector.multiplyAdd(Vector(0.25), plus3, plus1))
      y[3] = Vector.multiplyAdd(Vector(8), minus2, Vector.multiplyAdd(Vector(0.125), minus3, minus1))
      if outputs == 6 {
        y[4] = Vector.multiplyAdd(Vector(16), plus2, Vector.multiplyAdd(Vector(0.0625), plus3, plus1))
        y[5] = Vector.multiplyAdd(Vector(32), minus2, Vector.multiplyAdd(Vector(0.03125), minus3, minus1))
      }
    }
    // The value at infinity adds to the highest power alone.
    y[outputs - 1] = y[outputs - 1] + x[(inputs - 1) * s]
  }
}
