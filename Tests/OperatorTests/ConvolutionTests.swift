import PrefactorModelFormat
import XCTest

final class ConvolutionTests: XCTestCase {
  /// Sums in double precision, in the order of the definition.
  private func reference(
    _ x: TestTensor, _ w: TestTensor, bias: TestTensor?, residual: TestTensor?, _ attributes: Convolution,
    size: (Int, Int),
    pads: (top: Int, left: Int)
  ) -> TestTensor {
    let window = attributes.window
    let filters = w.dims[0]
    let depth = w.dims[3]
    let groups = Int(attributes.groups)
    return TestTensor([x.dims[0], size.0, size.1, filters]) { index in
      let (n, y, x0, filter) = (index[0], index[1], index[2], index[3])
      let firstChannel = filter / (filters / groups) * depth
      var sum = 0.0
      for tap in indices(Array(w.dims.dropFirst())) {
        let row = y * Int(window.strideHeight) + tap[0] * Int(window.dilationHeight) - pads.top
        let column = x0 * Int(window.strideWidth) + tap[1] * Int(window.dilationWidth) - pads.left
        sum += x[padded: [n, row, column, firstChannel + tap[2]]] * w[[filter] + tap]
      }
      if sum.isNaN { return .nan }
      sum += (bias?[[filter]] ?? 0) + (residual?[index] ?? 0)
      return min(max(sum, Double(attributes.clamp.low)), Double(attributes.clamp.high))
    }
  }

  /// With pads that keep an image's size.
  private func window3x3(_ window: inout Window) {
    (window.kernelHeight, window.kernelWidth) = (3, 3)
    (window.padTop, window.padLeft, window.padBottom, window.padRight) = (1, 1, 1, 1)
  }

  private func checkConvolution(
    _ dims: [Int], filters: Int, groups: Int = 1, size: (Int, Int), pads: (top: Int, left: Int),
    bias hasBias: Bool = true,
    residual hasResidual: Bool = false, clamp: Clamp = Clamp(), weights: WeightUse = .inPlace,
    putting strays: [(index: [Int], value: Double)] = [],
    tolerance: Double = 1e-4, line: UInt = #line, _ window: (inout Window) -> Void
  ) throws {
    var attributes = Convolution()
    attributes.groups = Int32(groups)
    attributes.clamp = clamp
    window(&attributes.window)
    let kernel = [Int(attributes.window.kernelHeight), Int(attributes.window.kernelWidth)]
    var x = TestTensor.random(dims, seed: 1)
    for (index, value) in strays { x[index] = value }
    var w = TestTensor.random([filters] + kernel + [dims[3] / groups], seed: 2)
    if weights == .preparedHalves { w = TestTensor(w.dims, w.values.map { Double(Float16($0)) }, w.type) }
    let bias = hasBias ? TestTensor.random([filters], seed: 3) : nil
    let residual = hasResidual ? TestTensor.random([dims[0], size.0, size.1, filters], seed: 4) : nil
    try check(
      .convolution(attributes), [x, w, bias, residual],
      gives: reference(x, w, bias: bias, residual: residual, attributes, size: size, pads: pads), tolerance: tolerance,
      weights: weights, line: line)
  }

  func testPaddedStridedDilated() throws {
    try checkConvolution([2, 9, 11, 5], filters: 37, size: (6, 7), pads: (2, 1)) {
      $0.kernelHeight = 3
      $0.kernelWidth = 2
      $0.strideHeight = 2
      $0.strideWidth = 2
      $0.dilationHeight = 2
      $0.dilationWidth = 1
      $0.padTop = 2
      $0.padLeft = 1
      $0.padBottom = 4
      $0.padRight = 3
    }
  }

  func testPointwise() throws {
    try checkConvolution([1, 13, 17, 70], filters: 67, size: (13, 17), pads: (0, 0), residual: true, clamp: .relu) {
      _ in
    }
  }

  func testPointwiseBatches() throws {
    try checkConvolution([3, 4, 5, 21], filters: 9, size: (4, 5), pads: (0, 0)) { _ in }
    try checkConvolution([3, 1, 1, 300], filters: 70, size: (1, 1), pads: (0, 0), residual: true) { _ in }
    try checkConvolution([3, 4, 5, 8], filters: 12, groups: 4, size: (4, 5), pads: (0, 0)) { _ in }
    try checkConvolution([3, 4, 5, 7], filters: 7, groups: 7, size: (4, 5), pads: (0, 0)) { _ in }
    // One pixel out of each image, so not pointwise for all its 1×1 kernel.
    try checkConvolution([3, 1, 1, 6], filters: 5, size: (1, 1), pads: (0, 0)) {
      $0.strideHeight = 2
      $0.strideWidth = 2
    }
  }

  func testGroups() throws {
    try checkConvolution([2, 6, 5, 12], filters: 18, groups: 3, size: (6, 5), pads: (1, 1), bias: false, window3x3)
  }

  /// Several are computed as one where they are narrower than registers.
  func testNarrowGroups() throws {
    for (groups, channels, filters) in [(32, 1, 3), (24, 2, 6), (16, 3, 5), (32, 4, 4), (12, 7, 9), (5, 8, 8)] {
      let depth = groups * channels
      // Depthwise weights are never of half precision.
      for weights in channels == 1 ? [WeightUse.prepared] : [.prepared, .preparedHalves] {
        try checkConvolution(
          [3, 4, 5, depth], filters: groups * filters, groups: groups, size: (4, 5), pads: (0, 0), weights: weights
        ) { _ in }
        try checkConvolution(
          [3, 9, 8, depth], filters: groups * filters, groups: groups, size: (9, 8), pads: (1, 1), residual: true,
          clamp: .relu, weights: weights, window3x3)
        try checkConvolution(
          [3, 9, 8, depth], filters: groups * filters, groups: groups, size: (4, 3), pads: (2, 0), bias: false,
          weights: weights
        ) {
          $0.kernelHeight = 3
          $0.kernelWidth = 2
          $0.strideHeight = 2
          $0.strideWidth = 2
          $0.dilationHeight = 2
          $0.dilationWidth = 3
          $0.padTop = 2
          $0.padBottom = 0
        }
      }
    }
  }

  /// Numbers that are not finite reach the outputs whose windows see them, and no others, however it is computed. The
  /// largest error of a tile is 10⁻⁴ of the outputs' root mean square (docs/convolution.md), which is below 10.
  func testInfinityAndNaNStayInTheirWindows() throws {
    let strays: [(index: [Int], value: Double)] = [
      ([0, 2, 5, 1], .nan), ([0, 12, 13, 17], .infinity), ([1, 0, 0, 0], -.infinity), ([1, 7, 12, 9], .nan),
    ]
    for (height, width) in [(3, 3), (5, 5), (1, 3), (7, 7)] {
      for weights in height == 3 ? [WeightUse.inPlace, .prepared, .preparedHalves] : [.prepared] {
        for groups in height == 3 ? [1, 2, 10] : [1] {
          try checkConvolution(
            [2, 16, 14, 20], filters: 40, groups: groups, size: (16, 14), pads: (height / 2, width / 2),
            residual: groups == 2,
            clamp: groups == 1 ? Clamp() : Clamp(low: -0.5, high: 6), weights: weights, putting: strays, tolerance: 1e-3
          ) {
            ($0.kernelHeight, $0.kernelWidth) = (Int32(height), Int32(width))
            ($0.padTop, $0.padLeft, $0.padBottom, $0.padRight) = (
              Int32(height / 2), Int32(width / 2), Int32(height / 2), Int32(width / 2)
            )
          }
        }
      }
    }
  }

  /// The wide convolutions of DeepLab, on an image smaller than their windows.
  func testWindowsMostlyInPadding() throws {
    for (dilation, groups) in [(6, 1), (12, 1), (12, 2), (24, 1), (9, 40)] {
      for weights in groups == 40 ? [WeightUse.prepared] : [.prepared, .preparedHalves] {
        try checkConvolution(
          [2, 9, 11, 40], filters: 80, groups: groups, size: (9, 11), pads: (dilation, dilation), residual: true,
          clamp: .relu, weights: weights,
          putting: [([0, 4, 5, 2], .nan)]
        ) {
          ($0.kernelHeight, $0.kernelWidth) = (3, 3)
          ($0.dilationHeight, $0.dilationWidth) = (Int32(dilation), Int32(dilation))
          ($0.padTop, $0.padLeft, $0.padBottom, $0.padRight) = (
            Int32(dilation), Int32(dilation), Int32(dilation), Int32(dilation)
          )
        }
      }
    }
  }

  func testDepthwise() throws {
    try checkConvolution(
      [2, 21, 18, 19], filters: 19, groups: 19, size: (11, 9), pads: (1, 0), clamp: Clamp(low: 0, high: 0.5)
    ) {
      $0.kernelHeight = 3
      $0.kernelWidth = 2
      $0.strideHeight = 2
      $0.strideWidth = 2
      $0.padTop = 1
      $0.padBottom = 1
    }
  }

  func testChannelMultiplier() throws {
    try checkConvolution([1, 7, 7, 6], filters: 12, groups: 6, size: (5, 5), pads: (0, 0)) {
      $0.kernelHeight = 3
      $0.kernelWidth = 3
    }
  }

  func testAutomaticPadding() throws {
    for (padding, pads) in [(Window.Padding.sameUpper, (0, 0)), (Window.Padding.sameLower, (1, 1))] {
      try checkConvolution([1, 8, 6, 3], filters: 4, size: (4, 3), pads: pads) {
        $0.kernelHeight = 3
        $0.kernelWidth = 3
        $0.strideHeight = 2
        $0.strideWidth = 2
        $0.automaticPadding = padding
      }
    }
  }

  /// Large enough for the panels of a block to be shared out.
  func testSplitPanels() throws {
    try checkConvolution([1, 7, 7, 96], filters: 290, size: (7, 7), pads: (1, 1), residual: true, window3x3)
  }

  func testFullyConnected() throws {
    for (leading, depth, filters) in [([1], 3, 1), ([1], 700, 4100), ([5, 7], 33, 40), ([], 9, 65)] {
      let x = TestTensor.random(leading + [depth])
      let w = TestTensor.random([filters, depth], seed: 2)
      let bias = TestTensor.random([filters], seed: 3)
      let expected = TestTensor(leading + [filters]) { index in
        (0..<depth).reduce(bias[[index.last!]]) { $0 + x[index.dropLast() + [$1]] * w[[index.last!, $1]] }
      }
      try check(.fullyConnected(FullyConnected()), [x, w, bias], gives: expected, tolerance: 1e-4)
    }
  }

  func testMatrixProduct() throws {
    let cases: [([Int], [Int], [Int])] = [
      ([3, 4], [4, 5], [3, 5]), ([2, 3, 7, 9], [2, 3, 9, 40], [2, 3, 7, 40]), ([6, 7, 9], [9, 33], [6, 7, 33]),
      ([2, 1, 7, 9], [3, 9, 5], [2, 3, 7, 5]), ([7, 9], [4, 9, 5], [4, 7, 5]), ([130, 300], [300, 70], [130, 70]),
    ]
    for (left, right, output) in cases {
      let a = TestTensor.random(left)
      let b = TestTensor.random(right, seed: 2)
      let expected = TestTensor(output) { index in
        let batch = Array(index.dropLast(2))
        let row = index[index.count - 2]
        let column = index[index.count - 1]
        return (0..<left.last!).reduce(0) {
          $0 + a[broadcast: batch + [row, $1]] * b[broadcast: batch + [$1, column]]
        }
      }
      try check(.matrixProduct, [a, b], gives: expected, tolerance: 1e-4)
    }
  }
}
