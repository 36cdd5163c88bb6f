import KernelContract
import XCTest

final class PoolTests: XCTestCase {
  func testMaximum() { check(PF_POOL_MAX, includePad: false) }
  func testAverage() { check(PF_POOL_AVERAGE, includePad: false) }
  func testAverageWithPadding() { check(PF_POOL_AVERAGE, includePad: true) }

  private func check(_ kind: pf_pool_kind, includePad: Bool) {
    let windows = [
      window(kernel: (2, 2), stride: (2, 2), dilation: (1, 1), pad: (0, 0)),
      window(kernel: (3, 3), stride: (2, 2), dilation: (1, 1), pad: (1, 1)),
      window(kernel: (3, 3), stride: (1, 1), dilation: (1, 1), pad: (1, 1)),
      window(kernel: (5, 5), stride: (1, 1), dilation: (1, 1), pad: (2, 2)),
      window(kernel: (10, 13), stride: (1, 1), dilation: (1, 1), pad: (0, 0)),
      window(kernel: (3, 2), stride: (1, 3), dilation: (2, 3), pad: (2, 1)),
    ]
    for window in windows {
      for channels in [1, 3, 5, 8, 17, 31, 33, 48, 100, 260] {
        check(kind, includePad: includePad, window, channels: channels)
      }
    }
  }

  /// A maximum is NaN where a tap is, wherever it lies among others; the average of no taps is 0 and the maximum of
  /// none -inf.
  func testNumbersThatAreNone() {
    for channels in [1, 5, 16, 33, 260] {
      for place in 0..<9 {
        let input = Buffer(count: 9 * channels, repeating: 1)
        for channel in stride(from: 0, to: channels, by: 2) {
          input.floats[place * channels + channel] = channel % 4 == 0 ? .nan : -.nan
        }
        check(PF_POOL_MAX, input, channels, window(kernel: (3, 3), stride: (1, 1), dilation: (1, 1), pad: (0, 0))) {
          $0 % 2 == 0 ? .nan : 1
        }
      }
      let input = Buffer(count: 9 * channels, repeating: .nan)
      let apart = window(kernel: (2, 2), stride: (1, 1), dilation: (4, 4), pad: (1, 1))
      check(PF_POOL_MAX, input, channels, apart) { _ in -.infinity }
      check(PF_POOL_AVERAGE, input, channels, apart) { _ in 0 }
    }
  }

  /// Of an image of 3 × 3 the only output.
  private func check(
    _ kind: pf_pool_kind, _ input: Buffer, _ channels: Int, _ window: pf_window, gives expected: (Int) -> Float
  ) {
    for kernels in [Kernels.reference] + Kernels.underTest {
      let output = Buffer(count: channels, repeating: 7)
      var pool = pf_pool(
        window: window, kind: Int32(kind.rawValue), include_pad: 0, pad_bottom: window.pad_top,
        pad_right: window.pad_left, input_height: 3,
        input_width: 3, output_height: 1, output_width: 1, channels: Int32(channels), input_stride: Int64(channels),
        output_stride: Int64(channels), input: input.pointer, output: output.pointer, cancelled: nil)
      kernels.table.pool(&pool, 0, 1)
      assertClose(
        output, Buffer((0..<channels).map(expected)), tolerance: { _ in 0 }, "\(kernels) \(window) × \(channels)")
    }
  }

  private func window(kernel: (Int32, Int32), stride: (Int32, Int32), dilation: (Int32, Int32), pad: (Int32, Int32))
    -> pf_window
  {
    pf_window(
      kernel_height: kernel.0, kernel_width: kernel.1, stride_height: stride.0, stride_width: stride.1,
      dilation_height: dilation.0, dilation_width: dilation.1, pad_top: pad.0, pad_left: pad.1)
  }

  /// The last windows reach beyond the padding, as with rounding up of the output's size.
  private func check(_ kind: pf_pool_kind, includePad: Bool, _ window: pf_window, channels: Int) {
    let height = 10
    let width = 13
    let extentY = Int(window.dilation_height * (window.kernel_height - 1)) + 1
    let extentX = Int(window.dilation_width * (window.kernel_width - 1)) + 1
    let outputHeight =
      (height + 2 * Int(window.pad_top) - extentY + Int(window.stride_height) - 1) / Int(window.stride_height) + 1
    let outputWidth =
      (width + 2 * Int(window.pad_left) - extentX + Int(window.stride_width) - 1) / Int(window.stride_width) + 1
    let inputStride = channels + 2
    let outputStride = channels + 1
    var random = Random(seed: UInt64(channels))
    let input = Buffer(count: height * width * inputStride - 2, random: &random)

    func run(_ kernels: Kernels, rows: Int) -> Buffer {
      let output = Buffer(count: outputHeight * outputWidth * outputStride - 1, repeating: .nan)
      var pool = pf_pool(
        window: window, kind: Int32(kind.rawValue), include_pad: includePad ? 1 : 0, pad_bottom: window.pad_top,
        pad_right: window.pad_left,
        input_height: Int32(height), input_width: Int32(width), output_height: Int32(outputHeight),
        output_width: Int32(outputWidth),
        channels: Int32(channels), input_stride: Int64(inputStride), output_stride: Int64(outputStride),
        input: input.pointer, output: output.pointer, cancelled: nil)
      for row in stride(from: 0, to: outputHeight, by: rows) {
        kernels.table.pool(&pool, Int32(row), Int32(min(rows, outputHeight - row)))
      }
      return output
    }

    let want = run(.reference, rows: outputHeight)
    for kernels in Kernels.underTest {
      let got = run(kernels, rows: outputHeight)
      // Taps lie in -1 ... 1, and so do the partial sums after division; the division rounds once more.
      let tolerance = kind == PF_POOL_MAX ? 0 : Float(window.kernel_height * window.kernel_width + 1) * roundoff
      assertClose(got, want, tolerance: { _ in tolerance }, "\(kernels) \(window) × \(channels)")
      assertIdentical(run(kernels, rows: 1), got, "\(kernels) \(window) × \(channels), a row at a time")
    }
  }
}
