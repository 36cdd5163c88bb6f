import PrefactorModelFormat
import XCTest

final class ElementwiseTests: XCTestCase {
  func testUnary() throws {
    for dims in [[], [3], [5, 7, 1003]] {
      let x = TestTensor.random(dims, in: -4...4)
      let expected = TestTensor(dims, x.values.map { $0 < 0 ? 0.25 * $0 : $0 })
      try check(.unary(Unary(.leakyRelu, alpha: 0.25)), [x], gives: expected)
    }
  }

  /// Each is a branch of its own in OpenCL C, and has to have a formula here.
  func testUnaryFunctions() throws {
    var count: Int32 = 0
    while let function = UnaryFunction(rawValue: count + 1) {
      let x = TestTensor.random([3, 37], seed: 3, in: function == .log || function == .sqrt ? 0.5...4 : -4...4)
      try check(
        .unary(Unary(function, alpha: 0.25, beta: 0.75)), [x],
        gives: TestTensor(x.dims, x.values.map { formula(function, $0, alpha: 0.25, beta: 0.75) }), tolerance: 1e-5)
      count += 1
    }
    XCTAssertEqual(count, 22)
  }

  private func formula(_ function: UnaryFunction, _ x: Double, alpha: Double, beta: Double) -> Double {
    let softplus = max(x, 0) + log1p(exp(-abs(x)))
    switch function {
    case .relu: return max(x, 0)
    case .leakyRelu: return x < 0 ? alpha * x : x
    case .clip: return min(max(x, alpha), beta)
    case .sigmoid: return 1 / (1 + exp(-x))
    case .hardSigmoid: return max(0, min(1, alpha * x + beta))
    case .hardSwish: return x * max(0, min(1, x / 6 + 0.5))
    case .tanh: return tanh(x)
    case .elu: return x < 0 ? alpha * expm1(x) : x
    case .selu: return beta * (x < 0 ? alpha * expm1(x) : x)
    case .softplus: return softplus
    case .softsign: return x / (1 + abs(x))
    case .mish: return x * tanh(softplus)
    case .gelu: return x / 2 * (1 + erf(x / 2.0.squareRoot()))
    case .geluTanh: return x / 2 * (1 + tanh((2 / Double.pi).squareRoot() * (x + 0.044715 * x * x * x)))
    case .erf: return erf(x)
    case .sqrt: return x.squareRoot()
    case .exp: return exp(x)
    case .log: return log(x)
    case .abs: return abs(x)
    case .negate: return -x
    case .reciprocal: return 1 / x
    case .copy: return x
    }
  }

  func testBinaryBroadcasting() throws {
    let cases: [([Int], [Int], [Int])] = [
      ([3, 4, 5, 7], [3, 4, 5, 7], [3, 4, 5, 7]), ([3, 4, 5, 7], [7], [3, 4, 5, 7]),
      ([2, 9, 11, 300], [], [2, 9, 11, 300]),
      ([], [6], [6]), ([3, 4, 5, 7], [3, 1, 1, 7], [3, 4, 5, 7]), ([3, 4, 5, 1], [3, 4, 5, 7], [3, 4, 5, 7]),
      ([4, 1], [1, 5], [4, 5]), ([1, 1, 1], [1], [1, 1, 1]), ([0, 3], [3], [0, 3]),
      ([2, 1, 3, 1, 2], [5, 1, 4, 1], [2, 5, 3, 4, 2]),
    ]
    for (left, right, output) in cases {
      let a = TestTensor.random(left)
      let b = TestTensor.random(right, seed: 2)
      var difference = Binary(.subtract)
      difference.clamp = Clamp(low: -0.5, high: 1)
      let expected = TestTensor(output) { min(max(Double(Float(a[broadcast: $0] - b[broadcast: $0])), -0.5), 1) }
      try check(.binary(difference), [a, b], gives: expected)
    }
  }

  func testBinaryFunctions() throws {
    let cases: [(BinaryFunction, (Double, Double) -> Double)] = [
      (.add, { $0 + $1 }), (.subtract, { $0 - $1 }), (.multiply, { $0 * $1 }), (.divide, { $0 / $1 }),
      (.power, { pow($0, $1) }),
      (.maximum, { max($0, $1) }), (.minimum, { min($0, $1) }), (.prelu, { $0 < 0 ? $0 * $1 : $0 }),
    ]
    let a = TestTensor.random([4, 19], in: 0.5...2)
    let b = TestTensor.random([4, 19], seed: 2, in: 0.5...2)
    for (function, reference) in cases {
      try check(
        .binary(Binary(function)), [a, b], gives: TestTensor([4, 19], zip(a.values, b.values).map(reference)),
        tolerance: 1e-5)
    }
  }

  func testComparisons() throws {
    let cases: [(BinaryFunction, (Double, Double) -> Bool)] = [
      (.equal, { $0 == $1 }), (.less, { $0 < $1 }), (.lessOrEqual, { $0 <= $1 }),
    ]
    let numbers: [Double] = [-1, 0, 2, .infinity, -.infinity, .nan]
    let a = TestTensor([6, 1], numbers)
    let b = TestTensor([6], numbers)
    let wide = TestTensor([3, 4, 5]) { Double($0.reduce(0, +) % 3) }
    for (function, holds) in cases {
      try check(
        .binary(Binary(function)), [a, b],
        gives: TestTensor([6, 6]) { holds(a[broadcast: $0], b[broadcast: $0]) ? 1 : 0 })
      let row = TestTensor([5], [0, 1, 2, 1, 0])
      try check(
        .binary(Binary(function)), [wide, row],
        gives: TestTensor([3, 4, 5]) { holds(wide[$0], row[broadcast: $0]) ? 1 : 0 })
    }
  }

  /// float32 numbers would be equal here.
  func testComparisonsOfIntegers() throws {
    let large = Double(1 << 52)
    let a = TestTensor([2, 3, 1], [0, -1, large, large + 1, 5, -large], .int64)
    let b = TestTensor([4], [large, 5, -1, large + 1], .int64)
    for (function, holds) in [(.equal, { $0 == $1 }), (.less, { $0 < $1 }), (.lessOrEqual, { $0 <= $1 })]
      as [(BinaryFunction, (Double, Double) -> Bool)]
    {
      try check(
        .binary(Binary(function)), [a, b],
        gives: TestTensor([2, 3, 4]) { holds(a[broadcast: $0], b[broadcast: $0]) ? 1 : 0 })
      let x = TestTensor.random([300, 1000], .int64)
      let y = TestTensor.random([1000], .int64, seed: 2)
      try check(
        .binary(Binary(function)), [x, y], gives: TestTensor([300, 1000]) { holds(x[$0], y[broadcast: $0]) ? 1 : 0 })
    }
  }

  func testMask() throws {
    let condition = TestTensor([3, 1, 4]) { Double($0.reduce(0, +) % 2) }
    let values = TestTensor([5, 4]) { $0[0] == 2 ? .nan : Double($0[0] - $0[1]) }
    let expected = TestTensor([3, 5, 4]) { condition[broadcast: $0] == 0 ? 0 : values[broadcast: $0] }
    try check(.binary(Binary(.mask)), [condition, values], gives: expected)
  }

  func testSoftmax() throws {
    for (dims, axis) in [([5, 1000], 1), ([3, 7, 4], 1), ([70, 3, 200], 0), ([1, 10, 1, 1], 1)] {
      for logarithm in [false, true] {
        var attributes = Softmax()
        attributes.axis = Int32(axis)
        attributes.logarithm = logarithm ? 1 : 0
        let x = TestTensor.random(dims, in: -9...9)
        let outer = dims[..<axis].reduce(1, *)
        let inner = dims[(axis + 1)...].reduce(1, *)
        let sums = (0..<outer).map { o in
          (0..<inner).map { i in (0..<dims[axis]).reduce(0) { $0 + exp(x.values[(o * dims[axis] + $1) * inner + i]) } }
        }
        let expected = TestTensor(
          dims,
          x.values.enumerated().map { offset, value in
            let sum = sums[offset / inner / dims[axis]][offset % inner]
            return logarithm ? value - log(sum) : exp(value) / sum
          })
        try check(.softmax(attributes), [x], gives: expected, tolerance: 1e-5)
      }
    }
  }

  func testAffine() throws {
    for dims in [[5], [2, 3], [3, 4, 5, 58], [0, 4], [3, 60_000, 3]] {
      let x = TestTensor.random(dims)
      let channels = dims.last!
      let scale = TestTensor.random([channels], seed: 2)
      let shift = TestTensor.random([channels], seed: 3)
      var operation = Affine()
      operation.clamp = Clamp(low: -0.5, high: 0.75)
      let expected = TestTensor(
        dims,
        x.values.enumerated().map { i, value in
          min(max(value * scale.values[i % channels] + shift.values[i % channels], -0.5), 0.75)
        })
      try check(.affine(operation), [x, scale, shift], gives: expected, tolerance: 3 * 0x1p-24)
    }
  }

  /// Sizes of several work items, with rows that are cut and rows that are not.
  func testSplitBinaries() throws {
    for (left, right) in [
      ([3, 80_000], [3, 80_000]), ([3, 140_000], [3, 1]), ([900, 300], [300]), ([900, 300], [900, 1]),
      ([2, 300, 250], [2, 1, 250]),
    ] {
      let a = TestTensor.random(left)
      let b = TestTensor.random(right, seed: 2)
      let expected = TestTensor(left) { Double(Float(a[$0]) * Float(b[broadcast: $0])) }
      try check(.binary(Binary(.multiply)), [a, b], gives: expected)
    }
    let x = TestTensor.random([300_001])
    try check(.unary(Unary(.abs)), [x], gives: TestTensor([300_001], x.values.map(abs)))
  }

  func testCast() throws {
    let x = TestTensor([7], [1.9, -1.9, 0, .nan, 1e30, -1e30, -.infinity])
    let largest = Double(Int64.max)
    let smallest = Double(Int64.min)
    try check(.cast(Cast(.int64)), [x], gives: TestTensor([7], [1, -1, 0, 0, largest, smallest, smallest], .int64))
    let integers = TestTensor.random([3, 5], .int64)
    try check(.cast(Cast(.float32)), [integers], gives: TestTensor([3, 5], integers.values))
    try check(.cast(Cast(.int64)), [integers], gives: integers)
  }
}
