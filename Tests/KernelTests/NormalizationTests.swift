import KernelContract
import XCTest

final class NormalizationTests: XCTestCase {
  func testLRN() {
    for (size, beta, bias) in [
      (5, Float(0.75), Float(1)), (5, 0.6, 1), (3, 0.75, 2), (4, 0.5, 1), (1, 0.75, 1), (9, 1.25, 1),
    ] {
      for channels in [1, 2, 3, 5, 8, 16, 17, 31, 32, 33, 96, 100] {
        let inputStride = channels + 2
        let outputStride = channels + 1
        var layer = pf_lrn(
          channels: Int32(channels), size: Int32(size), alpha: 0.9, beta: beta, bias: bias,
          input_stride: Int64(inputStride),
          output_stride: Int64(outputStride), cancelled: nil)
        var random = Random(seed: UInt64(channels))
        let input = Buffer(count: 3 * inputStride - 2, random: &random)
        func run(_ kernels: Kernels) -> Buffer {
          let output = Buffer(count: 3 * outputStride - 1, repeating: .nan)
          kernels.table.lrn(&layer, input.pointer, output.pointer, 3)
          return output
        }
        let want = run(.reference)
        for kernels in Kernels.underTest {
          // The sum has `size` roundings, all of one sign; the power magnifies its relative error by β and adds a few.
          let error = (beta * Float(size + 2) + 8) * roundoff
          assertClose(
            run(kernels), want, tolerance: { error * abs(want.floats[$0]) },
            "\(kernels) LRN of \(size) over \(channels), β \(beta)")
        }
      }
    }
  }

  /// Sums from the smallest to near the largest: two square roots take the power of all of them.
  func testLRNOfAnyMagnitude() {
    let input = Buffer((-20...18).map { powf(10, Float($0)) })
    var layer = pf_lrn(
      channels: 1, size: 5, alpha: 1, beta: 0.75, bias: 1, input_stride: 1, output_stride: 1, cancelled: nil)
    func run(_ kernels: Kernels) -> Buffer {
      let output = Buffer(count: input.floats.count)
      kernels.table.lrn(&layer, input.pointer, output.pointer, input.floats.count)
      return output
    }
    let want = run(.reference)
    for kernels in Kernels.underTest {
      // A square, a scale by α/5 and a sum with the bias, of which the power takes three quarters; 2 roots, a product,
      // a quotient; `powf`.
      assertClose(run(kernels), want, tolerance: { (0.75 * 4 + 5) * roundoff * want.floats[$0] }, "\(kernels)")
    }
  }

  func testAffine() {
    for channels in [1, 2, 3, 4, 5, 7, 8, 15, 16, 17, 31, 33, 58, 100] {
      for gap in [0, 3] {
        for pixels in [1, 63, 70] { checkAffine(pixels: pixels, channels: channels, gap: gap) }
      }
    }
  }

  private func checkAffine(pixels: Int, channels: Int, gap: Int) {
    var random = Random(seed: UInt64(channels))
    let stride = channels + gap
    let input = Buffer(count: pixels * stride - gap, random: &random)
    let scale = Buffer(count: channels, random: &random)
    let shift = Buffer(count: channels, random: &random)
    var step = pf_affine(
      channels: Int32(channels), input_stride: Int64(stride), output_stride: Int64(stride + gap), scale: scale.pointer,
      shift: shift.pointer,
      low: -0.5, high: 0.75)
    func run(_ kernels: Kernels) -> Buffer {
      let output = Buffer(count: pixels * (stride + gap) - 2 * gap, repeating: .nan)
      kernels.table.affine(&step, input.pointer, output.pointer, pixels)
      return output
    }
    let want = run(.reference)
    for kernels in Kernels.underTest {
      // A product and a sum of numbers up to 1 and 2.
      assertClose(run(kernels), want, tolerance: { _ in 3 * roundoff }, "\(kernels) \(pixels)×\(channels), gap \(gap)")
      if gap == 0 {
        let inPlace = Buffer(Array(input.floats))
        kernels.table.affine(&step, inPlace.pointer, inPlace.pointer, pixels)
        assertIdentical(inPlace, run(kernels), "\(kernels) \(pixels)×\(channels) in place")
        assertIdentical(
          inPlace, pixelByPixel(kernels, step, input, pixels: pixels),
          "\(kernels) \(pixels)×\(channels), a pixel at a time")
      }
    }
  }

  private func pixelByPixel(_ kernels: Kernels, _ step: pf_affine, _ input: Buffer, pixels: Int) -> Buffer {
    var step = step
    let channels = Int(step.channels)
    let output = Buffer(count: pixels * channels)
    for pixel in 0..<pixels {
      kernels.table.affine(&step, input.pointer + pixel * channels, output.pointer + pixel * channels, 1)
    }
    return output
  }
}
