import KernelContract

func unary(
  _ function: pf_unary, _ alpha: Float, _ beta: Float, _ input: Rows<Source>, _ output: Rows<Target>, rows: Int,
  count: Int
) {
  if rows > 1 && input.stride == count && output.stride == count {
    return unary(function, alpha, beta, input, output, rows: 1, count: rows * count)
  }
  let a = Vector(alpha)
  let b = Vector(beta)
  let zero = Vector(0)
  let half = Vector(0.5)
  let one = Vector(1)
  switch function {
  case PF_RELU: map(input, output, rows, count) { $0.max(zero) }
  case PF_LEAKY_RELU: map(input, output, rows, count) { pf_if_less($0, zero, a * $0, $0) }
  case PF_CLIP: map(input, output, rows, count) { $0.clamped(a, b) }
  case PF_SIGMOID: mapLong(input, output, rows, count) { sigmoid($0) }
  case PF_HARD_SIGMOID: map(input, output, rows, count) { Vector.multiplyAdd(a, $0, b).clamped(zero, one) }
  case PF_HARD_SWISH:
    map(input, output, rows, count) { $0 * Vector.multiplyAdd($0, Vector(1 / 6), half).clamped(zero, one) }
  case PF_TANH: mapLong(input, output, rows, count) { tanh($0) }
  case PF_ELU: mapLong(input, output, rows, count) { elu($0, a) }
  case PF_SELU: mapLong(input, output, rows, count) { b * elu($0, a) }
  case PF_SOFTPLUS: mapLong(input, output, rows, count) { softplus($0) }
  case PF_SOFTSIGN: map(input, output, rows, count) { $0 / (one + pf_magnitude($0)) }
  case PF_MISH: mapLong(input, output, rows, count) { $0 * tanh(softplus($0)) }
  case PF_GELU: mapLong(input, output, rows, count) { half * $0 * (one + erf($0 * Vector(0x1.6a09e6p-1))) }
  case PF_GELU_TANH: mapLong(input, output, rows, count) { geluTanh($0) }
  case PF_ERF: mapLong(input, output, rows, count) { erf($0) }
  case PF_SQRT: map(input, output, rows, count) { pf_square_root($0) }
  case PF_EXP: mapLong(input, output, rows, count) { exp($0) }
  case PF_LOG: mapLong(input, output, rows, count) { log($0) }
  case PF_ABS: map(input, output, rows, count) { pf_magnitude($0) }
  case PF_NEGATE: map(input, output, rows, count) { Vector(-1) * $0 }
  case PF_RECIPROCAL: map(input, output, rows, count) { one / $0 }
  default: map(input, output, rows, count) { $0 }
  }
}

@inline(__always)
private func elu(_ x: Vector, _ alpha: Vector) -> Vector {
  pf_if_less(x, Vector(0), alpha * expMinusOne(x.min(Vector(0))), x)
}

@inline(__always)
private func geluTanh(_ x: Vector) -> Vector {
  let cubic = Vector.multiplyAdd(Vector(0.044715) * x * x, x, x)
  return Vector(0.5) * x * (Vector(1) + tanh(Vector(0.7978845608) * cubic))
}

@inline(__always)
private func map(_ input: Rows<Source>, _ output: Rows<Target>, _ rows: Int, _ count: Int, _ body: (Vector) -> Vector) {
  for row in 0..<rows {
    let from = input.values + row * input.stride
    let to = output.values + row * output.stride
    var i = 0
    while i + Vector.lanes <= count {
      body(Vector(from: from + i)).store(to: to + i)
      i += Vector.lanes
    }
    if i < count { body(Vector(from: from + i, upTo: count - i)).store(to: to + i, upTo: count - i) }
  }
}

/// Of bodies of dozens of instructions, which are there once: the last elements of a row pass through the same one.
@inline(__always)
private func mapLong(
  _ input: Rows<Source>, _ output: Rows<Target>, _ rows: Int, _ count: Int, _ body: (Vector) -> Vector
) {
  for row in 0..<rows {
    let from = input.values + row * input.stride
    let to = output.values + row * output.stride
    for i in stride(from: 0, to: count, by: Vector.lanes) {
      let isWhole = i + Vector.lanes <= count
      let result = body(isWhole ? Vector(from: from + i) : Vector(from: from + i, upTo: count - i))
      if isWhole { result.store(to: to + i) } else { result.store(to: to + i, upTo: count - i) }
    }
  }
}

/// Rows of floats, and how many from one to the next.
struct Rows<Pointer> {
  let values: Pointer
  let stride: Int
}
