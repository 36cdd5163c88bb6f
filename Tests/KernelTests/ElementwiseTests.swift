import KernelContract
import XCTest

final class ElementwiseTests: XCTestCase {
  private let inf = Float.infinity

  /// Magnitudes from subnormal to the largest, both signs, zeros, infinities and NaN.
  private var arguments: [Float] {
    var values: [Float] = [
      0, -0.0, 1, -1, inf, -inf, .nan, .greatestFiniteMagnitude, .leastNonzeroMagnitude, -103.5, 88.7, -87.5, 89,
    ]
    for exponent in stride(from: Float(-44), to: 38, by: 0.37) { values += [powf(10, exponent), -powf(10, exponent)] }
    for x in stride(from: Float(-20), to: 20, by: 0.0137) { values.append(x) }
    return values
  }

  /// `roundings` bounds the relative error in units of 2⁻²⁴, and that of subnormal results in units of their last
  /// place.
  private func check(
    _ function: pf_unary, alpha: Float = 0, beta: Float = 0, roundings: Float, absolute: (Float) -> Float = { _ in 0 }
  ) {
    let input = Buffer(arguments)
    func run(_ kernels: Kernels) -> Buffer {
      let output = Buffer(count: input.floats.count)
      let count = input.floats.count
      kernels.table.unary(function, alpha, beta, input.pointer, count, output.pointer, count, 1, count)
      return output
    }
    let want = run(.reference)
    for kernels in Kernels.underTest {
      assertClose(
        run(kernels), want,
        tolerance: {
          roundings * roundoff * abs(want.floats[$0]) + Float.leastNonzeroMagnitude * roundings
            + absolute(input.floats[$0])
        },
        "\(kernels) function \(function.rawValue)")
    }
  }

  func testExactFunctions() {
    for function in [PF_RELU, PF_SQRT, PF_ABS, PF_NEGATE, PF_RECIPROCAL, PF_COPY] { check(function, roundings: 0) }
    check(PF_LEAKY_RELU, alpha: 0.1, roundings: 0)
    check(PF_CLIP, alpha: -2, beta: 6, roundings: 0)
    check(PF_SOFTSIGN, roundings: 0)
  }

  /// Fused or not, and with x · 1/6 for x / 6, a linear piece is right to two roundings of its terms.
  func testPiecewiseLinearFunctions() {
    check(
      PF_HARD_SIGMOID, alpha: 0.2, beta: 0.5, roundings: 0, absolute: { 2 * roundoff * (0.2 * min(abs($0), 3) + 0.5) })
    check(PF_HARD_SWISH, roundings: 2, absolute: { 3 * roundoff * min($0 * $0, 9) })
  }

  func testTranscendentalFunctions() {
    check(PF_EXP, roundings: 4)
    check(PF_LOG, roundings: 4)
    check(PF_TANH, roundings: 8)
    check(PF_SIGMOID, roundings: 8)
    check(PF_ELU, alpha: 1.3, roundings: 6)
    check(PF_SELU, alpha: 1.6732632, beta: 1.050701, roundings: 8)
    check(PF_SOFTPLUS, roundings: 8)
    check(PF_MISH, roundings: 16)
    check(PF_ERF, roundings: 16)
  }

  /// 1 + erf and 1 + tanh cancel for negative x: the error is relative to x, not to the result.
  func testGELU() {
    check(PF_GELU, roundings: 0, absolute: { 8 * roundoff * abs($0) })
    check(PF_GELU_TANH, roundings: 0, absolute: { 8 * roundoff * abs($0) })
  }

  func testUnaryCounts() {
    var random = Random(seed: 5)
    let whole = Buffer(count: 70, random: &random)
    for kernels in Kernels.underTest {
      let want = Buffer(count: 70)
      kernels.table.unary(PF_TANH, 0, 0, whole.pointer, 70, want.pointer, 70, 1, 70)
      for count in 0...70 {
        // The same elements, ending at the end of the buffer, in place.
        let part = Buffer(Array(whole.floats[..<count]))
        kernels.table.unary(PF_TANH, 0, 0, part.pointer, count, part.pointer, count, 1, count)
        assertIdentical(part, Buffer(Array(want.floats[..<count])), "\(kernels) \(count) elements")
      }
    }
  }

  func testBinary() {
    let functions = [
      PF_ADD, PF_SUBTRACT, PF_MULTIPLY, PF_DIVIDE, PF_POWER, PF_MAXIMUM, PF_MINIMUM, PF_PRELU, PF_EQUAL, PF_LESS,
      PF_LESS_OR_EQUAL, PF_MASK,
    ]
    let values: [Float] = [0, -0.0, 1, -1, 2, -2, 0.5, 3, -3, 2.5, -0.3, 1e30, -1e30, inf, -inf, .nan]
    let a = Buffer(values.flatMap { x in values.map { _ in x } })
    let b = Buffer(values.flatMap { _ in values })
    for function in functions {
      for (leftStep, rightStep, low, high) in [(1, 1, -inf, inf), (0, 1, -inf, inf), (1, 0, -inf, inf), (1, 1, -1, 1)] {
        for count in [1, 15, 37, a.floats.count] {
          let left = Buffer(Array((leftStep == 0 ? a.floats[64..<65] : a.floats[..<count])))
          let right = Buffer(Array((rightStep == 0 ? b.floats[4..<5] : b.floats[..<count])))
          func run(_ kernels: Kernels) -> Buffer {
            let output = Buffer(count: count)
            var a = pf_operand(values: left.pointer, step: Int64(leftStep), stride: 0)
            var b = pf_operand(values: right.pointer, step: Int64(rightStep), stride: 0)
            kernels.table.binary(function, &a, &b, output.pointer, count, 1, count, low, high)
            return output
          }
          let want = run(.reference)
          for kernels in Kernels.underTest {
            assertClose(
              run(kernels), want, tolerance: { _ in 0 },
              "\(kernels) function \(function.rawValue) steps \(leftStep) \(rightStep) count \(count)")
          }
        }
      }
    }
  }

  /// What is masked leaves a sum as it is, signed zeros too, and is not seen itself.
  func testMask() {
    let condition = Buffer([0, -0.0, 1, -2, .nan, 0, 0])
    let values = Buffer([.nan, inf, -0.0, 0, 3, .nan, 5])
    for kernels in [Kernels.reference] + Kernels.underTest {
      let output = Buffer(count: 7)
      var a = pf_operand(values: condition.pointer, step: 1, stride: 0)
      var b = pf_operand(values: values.pointer, step: 1, stride: 0)
      kernels.table.binary(PF_MASK, &a, &b, output.pointer, 7, 1, 7, -inf, inf)
      assertIdentical(output, Buffer([-0.0, -0.0, -0.0, 0, 3, -0.0, -0.0]), "\(kernels)")
    }
  }

  func testBinaryInPlace() {
    for kernels in Kernels.underTest {
      let a = Buffer((0..<37).map(Float.init))
      let one = Buffer([1])
      var left = pf_operand(values: a.pointer, step: 1, stride: 0)
      var right = pf_operand(values: one.pointer, step: 0, stride: 0)
      kernels.table.binary(PF_ADD, &left, &right, a.pointer, 37, 1, 37, -inf, inf)
      assertIdentical(a, Buffer((1..<38).map(Float.init)), "\(kernels)")
    }
  }

  /// Rows with gaps, one row against all, a value a row, and one value against everything.
  func testBinaryRows() {
    let rows = 5
    for count in [1, 3, 8, 17, 40] {
      for (leftStride, rightStride, rightStep) in [
        (count, count, 1), (count + 2, 0, 1), (count, 1, 0), (count, 0, 0), (0, count + 1, 1),
      ] {
        var random = Random(seed: UInt64(count))
        let left = Buffer(count: (rows - 1) * leftStride + count, random: &random)
        let right = Buffer(count: (rows - 1) * rightStride + (rightStep == 1 ? count : 1), random: &random)
        var a = pf_operand(values: left.pointer, step: 1, stride: Int64(leftStride))
        var b = pf_operand(values: right.pointer, step: Int64(rightStep), stride: Int64(rightStride))
        for gap in [0, 3] {
          func run(_ kernels: Kernels) -> Buffer {
            let output = Buffer(count: rows * (count + gap) - gap, repeating: .nan)
            kernels.table.binary(PF_MULTIPLY, &a, &b, output.pointer, count + gap, rows, count, -0.5, 0.75)
            return output
          }
          for kernels in Kernels.underTest {
            assertIdentical(
              run(kernels), run(.reference), "\(kernels) rows of \(count), strides \(leftStride) and \(rightStride)")
          }
        }
      }
    }
  }

  func testUnaryRows() {
    let rows = 4
    for count in [1, 3, 8, 17, 40] {
      for (inputGap, outputGap) in [(0, 0), (0, 2), (3, 1)] {
        var random = Random(seed: UInt64(count))
        let input = Buffer(count: rows * (count + inputGap) - inputGap, random: &random)
        func run(_ kernels: Kernels) -> Buffer {
          let output = Buffer(count: rows * (count + outputGap) - outputGap, repeating: .nan)
          kernels.table.unary(
            PF_RELU, 0, 0, input.pointer, count + inputGap, output.pointer, count + outputGap, rows, count)
          return output
        }
        for kernels in Kernels.underTest {
          assertIdentical(run(kernels), run(.reference), "\(kernels) rows of \(count)")
        }
      }
    }
  }
}
