import PrefactorGraph
import PrefactorModelFormat
import PrefactorTestSupport
import XCTest

final class PoolTests: XCTestCase {
  private func window(
    _ kernel: (Int32, Int32), stride: (Int32, Int32), dilation: (Int32, Int32) = (1, 1),
    pads: (Int32, Int32, Int32, Int32)
  )
    -> Window
  {
    with(Window()) {
      ($0.kernelHeight, $0.kernelWidth, $0.strideHeight, $0.strideWidth) = (kernel.0, kernel.1, stride.0, stride.1)
      ($0.dilationHeight, $0.dilationWidth) = dilation
      ($0.padTop, $0.padLeft, $0.padBottom, $0.padRight) = pads
    }
  }

  private var windows: [Window] {
    [
      window((2, 2), stride: (2, 2), pads: (0, 0, 0, 0)),
      window((3, 3), stride: (2, 2), pads: (1, 1, 1, 1)),
      window((3, 2), stride: (1, 3), pads: (0, 1, 2, 0)),
      window((2, 3), stride: (2, 1), dilation: (2, 2), pads: (1, 0, 1, 2)),
      window((5, 7), stride: (1, 1), pads: (0, 0, 0, 0)),
      with(window((3, 3), stride: (2, 2), pads: (0, 0, 0, 0))) { $0.automaticPadding = Window.Padding.sameUpper },
      with(window((2, 4), stride: (1, 2), pads: (0, 0, 0, 0))) { $0.automaticPadding = Window.Padding.sameLower },
    ]
  }

  /// Numbers that are a third apart, in random order: two steps of 1/16 up for one and nothing for another leave the
  /// order as it is.
  private func separated(_ dims: [Int]) -> Tensor {
    var generator = SplitMix64(seed: 7)
    return Tensor(dims, (0..<dims.reduce(1, *)).map { Float($0) / 3 }.shuffled(using: &generator))
  }

  func testMaximum() throws {
    for window in windows {
      for ceilMode: Int32 in [0, 1] {
        let pool = with(Pool(.maximum)) { ($0.window, $0.ceilMode) = (window, ceilMode) }
        try assertGradients { graph in graph.add(.pool(pool), graph.variable(separated([2, 5, 7, 3]))) }
      }
    }
  }

  func testAverage() throws {
    for window in windows {
      for (ceilMode, countIncludePad): (Int32, Int32) in [(0, 0), (0, 1), (1, 0), (1, 1)] {
        let pool = with(Pool(.average)) {
          ($0.window, $0.ceilMode, $0.countIncludePad) = (window, ceilMode, countIncludePad)
        }
        try assertGradients { graph in graph.add(.pool(pool), graph.variable([2, 5, 7, 3])) }
      }
    }
  }
}
