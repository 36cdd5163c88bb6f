import PrefactorModelFormat
import XCTest

final class WindowTests: XCTestCase {
  private func checkPool(
    _ kind: PoolKind, _ dims: [Int], size: (Int, Int), includePad: Bool = false, ceilMode: Bool = false,
    line: UInt = #line,
    _ configure: (inout Window) -> Void
  ) throws {
    var attributes = Pool(kind)
    attributes.countIncludePad = includePad ? 1 : 0
    attributes.ceilMode = ceilMode ? 1 : 0
    configure(&attributes.window)
    let window = attributes.window
    let x = TestTensor.random(dims)
    let expected = TestTensor([dims[0], size.0, size.1, dims[3]]) { index in
      var inside: [Double] = []
      var counted = 0
      for tap in indices([Int(window.kernelHeight), Int(window.kernelWidth)]) {
        let row = index[1] * Int(window.strideHeight) + tap[0] * Int(window.dilationHeight) - Int(window.padTop)
        let column = index[2] * Int(window.strideWidth) + tap[1] * Int(window.dilationWidth) - Int(window.padLeft)
        if x.isInside([index[0], row, column, index[3]]) { inside.append(x[[index[0], row, column, index[3]]]) }
        if row < dims[1] + Int(window.padBottom) && column < dims[2] + Int(window.padRight) { counted += 1 }
      }
      return kind == .maximum ? inside.max()! : inside.reduce(0, +) / Double(includePad ? counted : inside.count)
    }
    try check(.pool(attributes), [x], gives: expected, tolerance: 1e-6, line: line)
  }

  func testMaximum() throws {
    try checkPool(.maximum, [2, 40, 37, 19], size: (20, 18)) {
      $0.kernelHeight = 3
      $0.kernelWidth = 3
      $0.strideHeight = 2
      $0.strideWidth = 2
      $0.padTop = 1
      $0.padBottom = 1
    }
  }

  func testCeiling() throws {
    for includePad in [false, true] {
      try checkPool(.average, [1, 7, 6, 5], size: (4, 4), includePad: includePad, ceilMode: true) {
        $0.kernelHeight = 3
        $0.kernelWidth = 3
        $0.strideHeight = 2
        $0.strideWidth = 2
        $0.padTop = 1
        $0.padLeft = 1
        $0.padBottom = 0
        $0.padRight = 1
      }
    }
  }

  /// A window that would start in the padding after the image is left out.
  func testCeilingWithoutEmptyWindow() throws {
    try checkPool(.average, [1, 4, 4, 3], size: (2, 2), ceilMode: true) {
      $0.kernelHeight = 2
      $0.kernelWidth = 2
      $0.strideHeight = 3
      $0.strideWidth = 3
      $0.padTop = 1
      $0.padLeft = 1
      $0.padBottom = 1
      $0.padRight = 1
    }
  }

  func testDilation() throws {
    try checkPool(.maximum, [1, 9, 8, 33], size: (5, 2)) {
      $0.kernelHeight = 3
      $0.kernelWidth = 3
      $0.strideWidth = 2
      $0.dilationHeight = 2
      $0.dilationWidth = 2
    }
  }

  /// As PyTorch has it: ONNX Runtime 1.x passes over a NaN or not, depending on its place.
  func testMaximumOfNaN() throws {
    var attributes = Pool(.maximum)
    (attributes.window.kernelHeight, attributes.window.kernelWidth) = (2, 2)
    var x = TestTensor.random([1, 4, 5, 7])
    for index in [[0, 1, 1, 0], [0, 3, 4, 6], [0, 0, 0, 3]] {
      x.values[(index[1] * 5 + index[2]) * 7 + index[3]] = .nan
    }
    let expected = TestTensor([1, 3, 4, 7]) { index in
      let taps = indices([2, 2]).map { x[[0, index[1] + $0[0], index[2] + $0[1], index[3]]] }
      return taps.contains(where: \.isNaN) ? .nan : taps.max()!
    }
    try check(.pool(attributes), [x], gives: expected)
  }

  /// Of taps that all lie in the padding: as in ONNX Runtime for averages, of which that of nothing is 0.
  func testWindowOfPadding() throws {
    for (kind, value) in [(PoolKind.average, 0.0), (.maximum, -.infinity)] {
      var attributes = Pool(kind)
      (attributes.window.kernelHeight, attributes.window.kernelWidth) = (2, 2)
      (attributes.window.dilationHeight, attributes.window.dilationWidth) = (4, 4)
      (attributes.window.padTop, attributes.window.padLeft, attributes.window.padBottom, attributes.window.padRight) = (
        1, 1, 1, 1
      )
      try check(
        .pool(attributes), [TestTensor.random([1, 3, 3, 9])],
        gives: TestTensor([1, 1, 1, 9], [Double](repeating: value, count: 9)))
    }
  }

  func testResponseNormalization() throws {
    for size in [1, 4, 5, 1000] {
      var attributes = ResponseNormalization()
      attributes.size = Int32(size)
      attributes.alpha = 0.5
      let x = TestTensor.random([3, 5, 45], in: -3...3)
      let expected = TestTensor(x.dims) { index in
        let channel = index[2]
        let squares = (channel - (size - 1) / 2...channel + size / 2).reduce(0) { sum, i in
          let value = x[padded: [index[0], index[1], i]]
          return sum + value * value
        }
        return x[index] / pow(1 + 0.5 / Double(size) * squares, 0.75)
      }
      try check(.responseNormalization(attributes), [x], gives: expected, tolerance: 1e-5)
    }
  }
}
