import PrefactorGraph
import PrefactorModelFormat
import PrefactorTestSupport
import XCTest

final class LayerTests: XCTestCase {
  private struct Case {
    var name: String
    var kernel: (Int32, Int32) = (3, 3)
    var stride: (Int32, Int32) = (1, 1)
    var dilation: (Int32, Int32) = (1, 1)
    /// Top, left, bottom, right.
    var pads: (Int32, Int32, Int32, Int32) = (0, 0, 0, 0)
    var automatic = Window.Padding.explicit
    var groups = 1, channels = 2, filters = 3
    var image = [2, 5, 6]
    var clamp = Clamp()
    var hasResidual = false

    var convolution: Convolution {
      with(Convolution()) {
        ($0.window.kernelHeight, $0.window.kernelWidth) = kernel
        ($0.window.strideHeight, $0.window.strideWidth) = stride
        ($0.window.dilationHeight, $0.window.dilationWidth) = dilation
        ($0.window.padTop, $0.window.padLeft, $0.window.padBottom, $0.window.padRight) = pads
        $0.window.automaticPadding = automatic
        $0.groups = Int32(groups)
        $0.clamp = clamp
      }
    }
  }

  private let cases = [
    Case(name: "plain"),
    Case(name: "padded", pads: (1, 1, 1, 1)),
    Case(name: "strides", stride: (2, 3), pads: (1, 0, 0, 2), image: [3, 7, 8]),
    Case(name: "dilations", kernel: (2, 3), dilation: (3, 2), pads: (2, 1, 1, 3)),
    Case(name: "same, upper", kernel: (4, 3), stride: (2, 2), automatic: Window.Padding.sameUpper, image: [2, 5, 7]),
    Case(name: "same, lower", kernel: (4, 3), stride: (2, 2), automatic: Window.Padding.sameLower, image: [2, 5, 7]),
    Case(name: "groups", pads: (1, 1, 1, 1), groups: 2, channels: 4, filters: 6, image: [2, 3, 4]),
    Case(name: "depthwise", stride: (1, 2), pads: (1, 1, 1, 1), groups: 3, channels: 3, filters: 6, image: [2, 4, 5]),
    Case(name: "pointwise", kernel: (1, 1), channels: 5, filters: 4, image: [3, 3, 2]),
    Case(name: "pointwise groups", kernel: (1, 1), groups: 2, channels: 6, filters: 4, image: [2, 3, 2]),
    Case(name: "pointwise, strides", kernel: (1, 1), stride: (2, 2), channels: 3, filters: 4, image: [2, 4, 5]),
    Case(name: "pointwise, padded", kernel: (1, 1), pads: (1, 0, 0, 1), channels: 3, filters: 2, image: [2, 3, 3]),
    Case(name: "one filter, one channel", channels: 1, filters: 1),
    Case(name: "whole image", kernel: (5, 6), image: [1, 5, 6]),
    Case(name: "rectified residual", pads: (1, 1, 1, 1), image: [2, 4, 5], clamp: .relu, hasResidual: true),
    Case(name: "both bounds", kernel: (2, 2), image: [2, 4, 3], clamp: Clamp(low: -0.75, high: 0.5)),
  ]

  /// No output changes by more than two steps of 1/16 times what is multiplied with it, at most 1.
  private func isFarFromBounds(_ clamp: Clamp) -> (Float) -> Bool {
    // An output at a bound may be one that was moved there from just past it.
    { clamp.isNone || ($0 > clamp.low + 0.13 && $0 < clamp.high - 0.13) }
  }

  func testConvolution() throws {
    for test in cases {
      try assertGradients(of: test.name, isSmooth: isFarFromBounds(test.clamp)) { graph in
        let x = graph.variable(test.image + [test.channels])
        let weights = graph.parameter([
          test.filters, Int(test.kernel.0), Int(test.kernel.1), test.channels / test.groups,
        ])
        let residual = test.hasResidual ? graph.variable(test.image + [test.filters]) : nil
        return graph.add(.convolution(test.convolution), x, weights, graph.parameter([test.filters]), residual)
      }
    }
  }

  /// Bounds stop the gradient where they bind, which differences cannot tell apart from a point near them.
  func testBound() throws {
    try assertGradients { graph in
      // The outputs are -1.5, -0.5, 0.5, 1.5 and 2.5.
      let x = graph.variable(Tensor([5, 1], [-1.5, -0.5, 0.5, 1.5, 2.5] as [Float]))
      let weights = graph.parameter(Tensor([1, 1], [Float(1)]))
      return graph.add(.fullyConnected(with(FullyConnected()) { $0.clamp = Clamp(low: 0, high: 2) }), x, weights)
    }
  }

  func testFullyConnected() throws {
    for rows in [[1], [3], [2, 3]] {
      try assertGradients(isSmooth: isFarFromBounds(.relu)) { graph in
        let x = graph.variable(rows + [7])
        let weights = graph.parameter([5, 7])
        let bias = graph.parameter([5])
        return graph.add(.fullyConnected(with(FullyConnected()) { $0.clamp = .relu }), x, weights, bias)
      }
    }
  }

  func testMatrixProduct() throws {
    for (left, right) in [
      ([3, 4], [4, 5]), ([2, 3, 2, 3], [3, 3, 2]), ([3, 2], [2, 2, 3]), ([2, 1, 2, 3], [1, 3, 3, 2]),
    ] {
      try assertGradients { graph in graph.add(.matrixProduct, graph.variable(left), graph.variable(right)) }
    }
  }

  func testAffine() throws {
    for clamp in [Clamp(), .relu] {
      try assertGradients(isSmooth: isFarFromBounds(clamp)) { graph in
        let x = graph.variable([2, 3, 2, 5])
        return graph.add(
          .affine(with(Affine()) { $0.clamp = clamp }), x, graph.parameter([5]), graph.parameter([5]))
      }
    }
  }

  /// A value that is used twice, by one node and by several.
  func testSharedValue() throws {
    try assertGradients { graph in
      let x = graph.variable([2, 3])
      let square = graph.add(.binary(Binary(.multiply)), x, x)
      let weights = graph.parameter([3, 3])
      let first = graph.add(.fullyConnected(FullyConnected()), square, weights)
      return graph.add(.binary(Binary(.add)), first, graph.add(.fullyConnected(FullyConnected()), x, weights))
    }
  }
}
