import CShims
import KernelContract

func binary(
  _ function: pf_binary, _ a: pf_operand, _ b: pf_operand, _ output: Rows<Target>, rows: Int, count: Int, _ low: Float,
  _ high: Float
) {
  let isDense = a.isDense(count) && b.isDense(count) && output.stride == count
  let output = Output(
    target: output, rows: isDense ? 1 : rows, count: isDense ? rows * count : count, low: Vector(low),
    high: Vector(high))
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
    let less = Vector(function == PF_EQUAL ? 0 : 1)
    let equal = Vector(function == PF_MASK ? -0.0 : function == PF_LESS ? 0 : 1)
    output.map(a, b) { a, b in
      let other = pf_if_equal(isMask, zero, b, zero)
      let whereLess = pf_if_equal(isMask, zero, less, b)
      let elsewhere = pf_if_equal(isMask, zero, zero, b)
      return pf_if_less(a, other, whereLess, pf_if_equal(a, other, equal, elsewhere))
    }
  }
}

/// C's `powf` lane by lane: exact in its many special cases, and rare enough in networks not to deserve a polynomial in
/// double precision, which is what the error of large exponents would take.
@inline(never)
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
    var constants: InlineArray<2, Vector> = [Vector(0), Vector(0)]
    withUnsafeMutablePointer(to: &constants) { constants in
      let constants = UnsafeMutableRawPointer(constants).assumingMemoryBound(to: Float.self)
      for row in 0..<rows {
        var left = Operand(a, row: row, constant: constants)
        var right = Operand(b, row: row, constant: constants + Vector.lanes)
        let to = target.values + row * target.stride
        var i = 0
        while i + Vector.lanes <= count {
          body(Vector(from: left.next), Vector(from: right.next)).clamped(low, high).store(to: to + i)
          i += Vector.lanes
          left.advance()
          right.advance()
        }
        if i < count {
          let rest = count - i
          body(Vector(from: left.next, upTo: rest), Vector(from: right.next, upTo: rest)).clamped(low, high).store(
            to: to + i, upTo: rest)
        }
      }
    }
  }
}

/// A row of an argument: an array, or one value against all, which is a vector that is read again and again.
private struct Operand {
  private(set) var next: Source
  private let step: Int

  /// `constant` has room for a vector.
  @inline(__always)
  init(_ operand: pf_operand, row: Int, constant: Target) {
    let values = operand.values + row * Int(operand.stride)
    if operand.step == 0 { Vector(values.pointee).store(to: constant) }
    next = operand.step == 0 ? Source(constant) : values
    step = operand.step == 0 ? 0 : Vector.lanes
  }

  @inline(__always)
  mutating func advance() { next += step }
}

extension pf_operand {
  /// Rows of `count` follow each other, or one value stands for all.
  fileprivate func isDense(_ count: Int) -> Bool { step == 0 ? stride == 0 : Int(stride) == count }
}
