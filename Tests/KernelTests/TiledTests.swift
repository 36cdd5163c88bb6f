import KernelContract
import XCTest

/// Convolutions by tiles against the direct reference.
final class TiledTests: XCTestCase {
  /// What a transform to products, the products and the transform back can make of one rounding, along one dimension: the largest over
  /// outputs o of Σₚ |Aₒₚ| Σᵢ|Bᵢₚ| Σₜ|Gₚₜ|. Two dimensions square it.
  private let growth: [(algorithm: pf_algorithm, taps: Int, growth: Float)] = [
    (PF_WINOGRAD_2X2_3X3, 3, 8), (PF_WINOGRAD_4X4_3X3, 3, 48), (PF_WINOGRAD_6X6_3X3, 3, 68), (PF_WINOGRAD_2X2_5X5, 5, 58),
    (PF_WINOGRAD_4X4_5X5, 5, 87),
  ]

  func testSizes() {
    for (height, width) in [(1, 1), (2, 3), (4, 4), (6, 5), (7, 7), (9, 7), (13, 12), (14, 25)] {
      check(height: height, width: width, pad: 1) { $0.inputs = 17; $0.outputs = 20 }
    }
  }

  func testPads() {
    check(height: 9, width: 8, pad: 0) { $0.inputs = 5; $0.outputs = 9 }
    check(height: 7, width: 5, pad: 2) { $0.pad = (2, 0, 1, 3); $0.inputs = 16; $0.outputs = 33 }
    check(height: 3, width: 4, pad: 6) { $0.inputs = 3; $0.outputs = 4 }
  }

  func testChannels() {
    for (inputs, outputs) in [(1, 1), (3, 5), (16, 16), (31, 33), (33, 48), (48, 100), (100, 17), (64, 160)] {
      check(height: 9, width: 11, pad: 1) { $0.inputs = inputs; $0.outputs = outputs }
    }
  }

  func testGroupsImagesAndGaps() {
    check(height: 9, width: 7, pad: 1) { $0.inputs = 5; $0.outputs = 9; $0.groups = 3; $0.images = 3 }
    check(height: 6, width: 7, pad: 1) { $0.inputs = 17; $0.outputs = 33; $0.images = 2; $0.inputGap = 3; $0.outputGap = 5; $0.residual = true }
  }

  func testFinish() {
    for (bias, residual) in [(false, false), (true, false), (false, true), (true, true)] {
      check(height: 8, width: 9, pad: 1) {
        $0.inputs = 10; $0.outputs = 33; $0.bias = bias; $0.residual = residual; $0.low = -0.5; $0.high = 0.75
      }
    }
  }

  private func check(
    height: Int, width: Int, pad: Int, file: StaticString = #filePath, line: UInt = #line, _ change: (inout ConvolutionCase) -> Void
  ) {
    for (algorithm, taps, growth) in growth {
      var shape = ConvolutionCase(height: height, width: width, kernel: (taps, taps), pad: (pad, pad, pad, pad))
      change(&shape)
      if shape.outputHeight < 1 || shape.outputWidth < 1 { continue }
      let fixture = ConvolutionFixture(shape)
      let want = fixture.convolve(.reference)
      // Numbers are in -1 ... 1, and roundings are independent: their sum grows with the root of their number.
      let tolerance = growth * growth * Float(shape.depth).squareRoot() * roundoff
      for kernels in Kernels.underTest {
        let got = fixture.convolveTiles(kernels, algorithm)
        let message = "\(kernels) algorithm \(algorithm.rawValue) \(shape)"
        assertClose(got, want, tolerance: { _ in tolerance }, message, file: file, line: line)
        for (tiles, panels) in [(1, 1), (3, 2), (7, 1)] {
          assertIdentical(
            fixture.convolveTiles(kernels, algorithm, tiles: tiles, panels: panels), got, "\(message) in blocks of \(tiles)×\(panels)",
            file: file, line: line)
        }
      }
    }
  }
}
