import KernelContract
import XCTest

final class DataMovementTests: XCTestCase {
  func testTranspose() {
    for (rows, columns) in [
      (1, 1), (3, 50), (50, 3), (17, 33), (16, 16), (100, 31), (40, 16), (4, 4), (8, 20), (5, 70), (23, 9),
    ] {
      check(rows: rows, columns: columns, gaps: (2, 3))
    }
  }

  /// Rows that take turns without a gap.
  func testShuffle() {
    for groups in [1, 2, 3, 4, 5, 6, 8, 16, 24] {
      for channels in [1, 3, 4, 8, 17, 58, 80] { check(rows: groups, columns: channels, gaps: (0, 0), matrices: 3) }
    }
  }

  private func check(rows: Int, columns: Int, gaps: (input: Int, output: Int), matrices: Int = 1) {
    let inputStride = columns + gaps.input
    let outputStride = rows + gaps.output
    var random = Random(seed: 9)
    let input = Buffer(count: matrices * rows * inputStride - gaps.input, random: &random)
    var shape = pf_transposition(
      rows: rows, columns: columns, input_stride: inputStride, output_stride: outputStride, matrices: matrices,
      input_step: rows * inputStride,
      output_step: columns * outputStride)
    func run(_ kernels: Kernels) -> Buffer {
      let output = Buffer(count: matrices * columns * outputStride - gaps.output, repeating: .nan)
      kernels.table.transpose(&shape, input.pointer, output.pointer)
      return output
    }
    for kernels in Kernels.underTest {
      assertIdentical(run(kernels), run(.reference), "\(kernels) \(rows)×\(columns), gaps \(gaps)")
    }
  }

  func testResize() {
    for channels in [1, 2, 3, 5, 8, 16, 21, 40, 100] {
      let width = 5
      let inputStride = channels + 3
      let outputStride = channels + 1
      var random = Random(seed: UInt64(channels))
      let upper = Buffer(count: width * inputStride - 3, random: &random)
      let lower = Buffer(count: width * inputStride - 3, random: &random)
      let samples = [(0, 0, 0), (0, 1, 0.3), (1, 2, 0.75), (2, 2, 1), (3, 4, 0.5), (4, 4, 0.1), (4, 0, 0.9)].map {
        pf_sample(first: Int32($0.0), second: Int32($0.1), weight: Float($0.2))
      }
      for isLinear in [false, true] {
        func run(_ kernels: Kernels) -> Buffer {
          let output = Buffer(count: samples.count * outputStride - 1, repeating: .nan)
          samples.withUnsafeBufferPointer {
            var row = pf_resized_row(
              samples: $0.baseAddress!, width: Int32(samples.count), channels: Int32(channels),
              input_stride: Int64(inputStride),
              output_stride: Int64(outputStride), upper: upper.pointer,
              lower: isLinear ? UnsafePointer(lower.pointer) : nil, weight: 0.3)
            kernels.table.resize(&row, output.pointer)
          }
          return output
        }
        let want = run(.reference)
        for kernels in Kernels.underTest {
          // Each of the two steps rounds two products and a sum of values up to 1.
          assertClose(
            run(kernels), want, tolerance: { _ in isLinear ? 6 * roundoff : 0 },
            "\(kernels) \(channels) channels, linear \(isLinear)")
        }
      }
    }
  }
}
