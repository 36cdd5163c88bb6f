import CShims
import KernelContract

/// An argument of a binary function: an array, or one value against all.
struct Operand {
  let values: Source
  let step: Int
  let constant: Float

  init(_ values: Source, step: Int) {
    self.values = values
    self.step = step
    constant = step == 0 ? values.pointee : 0
  }

  @inline(__always)
  func vector(at i: Int, upTo count: Int) -> Vector {
    step == 0 ? Vector(constant) : Vector(from: values + i, upTo: count)
  }
}

func binary(_ function: pf_binary, _ a: Operand, _ b: Operand, _ output: Target, _ count: Int, _ low: Float, _ high: Float) {
  let range = (Vector(low), Vector(high))
  switch function {
  case PF_ADD: map(a, b, output, count, range) { $0 + $1 }
  case PF_SUBTRACT: map(a, b, output, count, range) { $0 - $1 }
  case PF_MULTIPLY: map(a, b, output, count, range) { $0 * $1 }
  case PF_DIVIDE: map(a, b, output, count, range) { $0 / $1 }
  case PF_POWER where b.step == 0 && b.constant == 2: map(a, a, output, count, range) { $0 * $1 }
  case PF_POWER: map(a, b, output, count, range) { power($0, $1) }
  case PF_MAXIMUM: map(a, b, output, count, range) { pf_if_equal($1, $1, $0.max($1), $1) }
  case PF_MINIMUM: map(a, b, output, count, range) { pf_if_equal($1, $1, $0.min($1), $1) }
  default: map(a, b, output, count, range) { pf_if_less($0, Vector(0), $0 * $1, $0) }
  }
}

/// C's `powf` lane by lane: exact in its many special cases, and rare enough in networks not to deserve a polynomial in double precision,
/// which is what the error of large exponents would take.
@inline(__always)
private func power(_ x: Vector, _ y: Vector) -> Vector {
  var result = x
  for lane in 0..<Vector.lanes { result[lane] = shim_powf(x[lane], y[lane]) }
  return result
}

@inline(__always)
private func map(
  _ a: Operand, _ b: Operand, _ output: Target, _ count: Int, _ range: (low: Vector, high: Vector), _ body: (Vector, Vector) -> Vector
) {
  for i in stride(from: 0, to: count, by: Vector.lanes) {
    let left = count - i
    body(a.vector(at: i, upTo: left), b.vector(at: i, upTo: left)).clamped(range.low, range.high).store(to: output + i, upTo: left)
  }
}
