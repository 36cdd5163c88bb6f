import CShims
import KernelContract

func binary(
  _ function: pf_binary, _ a: pf_operand, _ b: pf_operand, _ output: Rows<Target>, rows: Int, count: Int, _ low: Float, _ high: Float
) {
  let isDense = a.isDense(count) && b.isDense(count) && output.stride == count
  let output = Output(target: output, rows: isDense ? 1 : rows, count: isDense ? rows * count : count, low: Vector(low), high: Vector(high))
  let zero = Vector(0)
  switch function {
  case PF_ADD: output.map(a, b) { $0 + $1 }
  case PF_SUBTRACT: output.map(a, b) { $0 - $1 }
  case PF_MULTIPLY: output.map(a, b) { $0 * $1 }
  case PF_DIVIDE: output.map(a, b) { $0 / $1 }
  case PF_POWER where b.step == 0 && b.stride == 0 && b.values.pointee == 2: output.map(a, a) { $0 * $1 }
  case PF_POWER: output.map(a, b) { power($0, $1) }
  case PF_MAXIMUM: output.map(a, b) { $0.larger($1) }
  case PF_MINIMUM: output.map(a, b) { $0.smaller($1) }
  case PF_PRELU: output.map(a, b) { pf_if_less($0, zero, $0 * $1, $0) }
  default:
    // One loop for the comparisons, of a with b, and the mask, which is one of a with 0 that gives b.
    let isMask = Vector(function == PF_MASK ? 1 : 0)
    let less = Vector(function == PF_EQUAL ? 0 : 1), equal = Vector(function == PF_MASK ? -0.0 : function == PF_LESS ? 0 : 1)
    output.map(a, b) { a, b in
      let other = pf_if_equal(isMask, zero, b, zero)
      let whereLess = pf_if_equal(isMask, zero, less, b), elsewhere = pf_if_equal(isMask, zero, zero, b)
      return pf_if_less(a, other, whereLess, pf_if_equal(a, other, equal, elsewhere))
    }
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

private struct Output {
  let target: Rows<Target>
  let rows, count: Int
  let low, high: Vector

  @inline(__always)
  func map(_ a: pf_operand, _ b: pf_operand, _ body: (Vector, Vector) -> Vector) {
    for row in 0..<rows {
      let left = Operand(a, row: row), right = Operand(b, row: row), to = target.values + row * target.stride
      var i = 0
      if a.step == 1 && b.step == 1 {
        while i + Vector.lanes <= count {
          body(Vector(from: left.values + i), Vector(from: right.values + i)).clamped(low, high).store(to: to + i)
          i += Vector.lanes
        }
      }
      while i + Vector.lanes <= count {
        body(left.vector(at: i), right.vector(at: i)).clamped(low, high).store(to: to + i)
        i += Vector.lanes
      }
      if i < count {
        let rest = count - i
        body(left.vector(at: i, upTo: rest), right.vector(at: i, upTo: rest)).clamped(low, high).store(to: to + i, upTo: rest)
      }
    }
  }
}

/// A row of an argument: an array, or one value against all.
private struct Operand {
  let values: Source
  private let isConstant: Bool
  private let constant: Vector

  @inline(__always)
  init(_ operand: pf_operand, row: Int) {
    values = operand.values + row * Int(operand.stride)
    isConstant = operand.step == 0
    constant = Vector(isConstant ? values.pointee : 0)
  }

  @inline(__always)
  func vector(at i: Int) -> Vector { isConstant ? constant : Vector(from: values + i) }

  @inline(__always)
  func vector(at i: Int, upTo count: Int) -> Vector { isConstant ? constant : Vector(from: values + i, upTo: count) }
}

extension pf_operand {
  /// Rows of `count` follow each other, or one value stands for all.
  fileprivate func isDense(_ count: Int) -> Bool { step == 0 ? stride == 0 : Int(stride) == count }
}
