import KernelContract
import XCTest

final class ConvolutionTests: XCTestCase {
  func testChannelCounts() {
    for (inputs, outputs) in [(1, 1), (3, 5), (5, 3), (17, 31), (31, 33), (33, 48), (48, 100), (100, 17), (4, 64)] {
      check(ConvolutionCase(inputs: inputs, outputs: outputs))
      check(ConvolutionCase(kernel: (3, 3), pad: (1, 1, 1, 1), inputs: inputs, outputs: outputs))
    }
  }

  func testWindows() {
    check(
      ConvolutionCase(height: 8, width: 11, kernel: (3, 3), stride: (2, 2), pad: (1, 1, 1, 1), inputs: 5, outputs: 33))
    check(
      ConvolutionCase(height: 8, width: 11, kernel: (3, 3), stride: (2, 1), pad: (0, 0, 1, 1), inputs: 17, outputs: 8))
    check(
      ConvolutionCase(
        height: 13, width: 12, kernel: (5, 3), dilation: (2, 3), pad: (2, 1, 4, 3), inputs: 3, outputs: 31))
    check(ConvolutionCase(height: 23, width: 27, kernel: (11, 11), stride: (4, 4), inputs: 3, outputs: 48))
    check(ConvolutionCase(kernel: (1, 7), pad: (0, 3, 0, 3), inputs: 17, outputs: 17))
    check(ConvolutionCase(kernel: (7, 1), pad: (3, 0, 3, 0), inputs: 17, outputs: 17))
    check(ConvolutionCase(height: 8, width: 6, kernel: (2, 2), stride: (2, 2), inputs: 33, outputs: 20))
    check(ConvolutionCase(height: 8, width: 6, stride: (3, 2), inputs: 33, outputs: 20))
    check(ConvolutionCase(height: 5, width: 4, stride: (2, 2), pad: (1, 1, 1, 1), inputs: 33, outputs: 20))
  }

  /// Windows that see nothing but padding, on every side.
  func testPaddingWiderThanTheKernel() {
    check(ConvolutionCase(height: 4, width: 3, kernel: (3, 3), pad: (5, 4, 5, 4), inputs: 5, outputs: 9))
    check(
      ConvolutionCase(height: 2, width: 2, kernel: (3, 3), dilation: (4, 4), pad: (8, 8, 8, 8), inputs: 3, outputs: 9))
  }

  /// Taps that lie in the padding under most windows, with rows and columns of outputs that see others.
  func testWindowsMostlyInPadding() {
    for (dilation, stride) in [(6, 1), (9, 1), (12, 1), (5, 2), (9, 3)] {
      for (inputs, outputs, groups) in [(64, 40, 1), (300, 33, 1), (48, 32, 2), (100, 17, 2)] {
        check(
          ConvolutionCase(
            images: 2, height: 10, width: 11, kernel: (3, 3), stride: (stride, stride), dilation: (dilation, dilation),
            pad: (dilation, dilation, dilation, dilation), inputs: inputs, outputs: outputs, groups: groups,
            inputGap: 3, outputGap: 5,
            residual: true, low: -0.5))
      }
    }
    check(
      ConvolutionCase(
        height: 3, width: 300, kernel: (3, 5), dilation: (1, 200), pad: (1, 400, 1, 400), inputs: 80, outputs: 36))
    check(
      ConvolutionCase(
        height: 3, width: 300, kernel: (3, 5), dilation: (1, 200), pad: (1, 400, 1, 400), inputs: 8, outputs: 36))
    check(ConvolutionCase(height: 1, width: 1, kernel: (3, 3), pad: (1, 1, 1, 1), inputs: 100, outputs: 70))
    check(
      ConvolutionCase(height: 4, width: 4, kernel: (2, 3), stride: (1, 2), pad: (7, 2, 6, 9), inputs: 120, outputs: 20))
  }

  /// Few channels under a row of the kernel: runs of pixels of any length, in blocks that end within a row, and rows
  /// that see nothing but padding.
  func testDilationOfFewChannels() {
    check(
      ConvolutionCase(
        images: 2, height: 9, width: 40, kernel: (3, 5), stride: (1, 2), dilation: (3, 7), pad: (3, 11, 5, 20),
        inputs: 16, outputs: 40, groups: 2,
        inputGap: 3, outputGap: 5, residual: true, low: -0.5))
    check(
      ConvolutionCase(
        height: 2, width: 700, kernel: (2, 3), dilation: (1, 2), pad: (1, 2, 0, 2), inputs: 4, outputs: 33, groups: 3))
    check(
      ConvolutionCase(
        images: 2, height: 3, width: 4, kernel: (3, 3), dilation: (2, 9), pad: (9, 22, 9, 14), inputs: 20, outputs: 9))
    check(
      ConvolutionCase(
        height: 30, width: 1, kernel: (4, 1), dilation: (5, 3), pad: (7, 0, 7, 0), inputs: 33, outputs: 12))
  }

  /// The images of many groups are copied, one a block.
  func testDilationOfManyGroups() {
    for (inputs, groups) in [(16, 9), (5, 8), (1, 12)] {
      check(
        ConvolutionCase(
          images: 2, height: 13, width: 11, kernel: (3, 3), stride: (1, 2), dilation: (5, 4), pad: (5, 4, 3, 6),
          inputs: inputs, outputs: 20, groups: groups, inputGap: 3, outputGap: 5, residual: true, low: -0.5))
    }
  }

  func testGroups() {
    for (inputs, outputs, groups) in [(1, 2, 7), (3, 5, 4), (17, 33, 2), (16, 32, 3)] {
      check(ConvolutionCase(kernel: (3, 3), pad: (1, 1, 1, 1), inputs: inputs, outputs: outputs, groups: groups))
      check(ConvolutionCase(inputs: inputs, outputs: outputs, groups: groups, inputGap: 3, outputGap: 5))
    }
  }

  func testImages() {
    check(ConvolutionCase(images: 3, height: 7, width: 7, inputs: 17, outputs: 40, residual: true, low: 0))
    check(
      ConvolutionCase(
        images: 3, height: 7, width: 7, kernel: (3, 3), pad: (1, 1, 1, 1), inputs: 40, outputs: 33, inputGap: 3))
    check(
      ConvolutionCase(
        images: 3, height: 9, width: 40, kernel: (3, 3), stride: (2, 1), pad: (1, 1, 0, 1), inputs: 3, outputs: 20,
        groups: 2))
    check(ConvolutionCase(images: 3, height: 8, width: 6, stride: (2, 2), inputs: 33, outputs: 20))
  }

  /// Widths that leave room for tiles within a row of the output, where windows lie whole in the input.
  func testWideImages() {
    for (kernel, stride, pad) in [
      (1, 1, 0), (1, 2, 0), (2, 2, 0), (3, 1, 1), (3, 2, 1), (5, 1, 2), (7, 2, 3), (11, 4, 2), (3, 1, 4),
    ] {
      for inputs in [1, 3, 16, 32] {
        check(
          ConvolutionCase(
            images: 2, height: 13, width: 60, kernel: (kernel, kernel), stride: (stride, stride),
            pad: (pad, pad, pad, pad), inputs: inputs,
            outputs: 40, residual: inputs == 3, low: -1))
      }
    }
    check(
      ConvolutionCase(
        height: 12, width: 50, kernel: (3, 3), dilation: (2, 1), pad: (2, 1, 2, 1), inputs: 8, outputs: 64))
    check(ConvolutionCase(height: 2, width: 50, kernel: (5, 3), pad: (8, 1, 8, 1), inputs: 8, outputs: 64))
    check(
      ConvolutionCase(
        height: 5, width: 50, kernel: (3, 3), pad: (1, 1, 1, 1), inputs: 8, outputs: 33, inputGap: 4, outputGap: 3))
  }

  func testDepthsOfSeveralTiles() {
    for depth in [255, 256, 257, 512, 600] {
      check(ConvolutionCase(height: 3, inputs: depth, outputs: 40))
    }
    check(
      ConvolutionCase(
        height: 6, width: 6, kernel: (3, 3), pad: (1, 1, 1, 1), inputs: 100, outputs: 49, residual: true, low: 0))
    check(
      ConvolutionCase(
        height: 6, width: 6, kernel: (3, 3), dilation: (1, 2), pad: (1, 2, 1, 2), inputs: 100, outputs: 50))
  }

  func testMatrixProducts() {
    for rows in Array(1...13) + [95, 96, 97, 100] {
      check(ConvolutionCase(height: 1, width: rows, inputs: 70, outputs: 45, residual: true, low: -1, high: 1))
      check(ConvolutionCase(height: 1, width: rows, inputs: 300, outputs: 72))
    }
    check(ConvolutionCase(height: 1, width: 1, inputs: 1000, outputs: 100, residual: true))
    check(ConvolutionCase(height: 6, width: 6, kernel: (6, 6), inputs: 20, outputs: 35))
  }

  func testFinish() {
    for outputs in [16, 33, 64] {
      for (bias, residual) in [(false, false), (true, false), (false, true), (true, true)] {
        check(
          ConvolutionCase(
            kernel: (3, 3), pad: (1, 1, 1, 1), inputs: 10, outputs: outputs, inputGap: 2, outputGap: 3,
            bias: bias, residual: residual, low: -0.5, high: 0.75))
      }
    }
  }

  func testDepthwise() {
    for channels in [1, 3, 5, 8, 17, 31, 33, 48, 100, 300] {
      for (bias, residual) in [(false, false), (true, true)] {
        checkDepthwise(
          ConvolutionCase(
            kernel: (3, 3), pad: (1, 1, 1, 1), groups: channels, isDepthwise: true, bias: bias, residual: residual,
            low: -1, high: 1))
      }
      for (kernel, step, side) in [(3, 2, 13), (5, 1, 9), (5, 2, 12), (7, 1, 10), (3, 1, 3), (5, 1, 2)] {
        checkDepthwise(
          ConvolutionCase(
            height: side, width: side + 1, kernel: (kernel, kernel), stride: (step, step),
            pad: (kernel / 2, kernel / 2, kernel / 2, kernel / 2),
            groups: channels, isDepthwise: true, inputGap: 1))
      }
      checkDepthwise(
        ConvolutionCase(
          height: 11, width: 12, kernel: (5, 3), stride: (2, 3), dilation: (2, 2), pad: (3, 1, 4, 2), groups: channels,
          isDepthwise: true,
          inputGap: 3, outputGap: 2))
    }
  }

  /// Several filters a channel.
  func testMultipliedDepthwise() {
    for (channels, multiple) in [(2, 1), (1, 2), (3, 32), (6, 16), (16, 6), (5, 7), (2, 3), (33, 2), (4, 24), (17, 5)] {
      for (kernel, step, side) in [(7, 2, 21), (3, 1, 9), (3, 2, 9), (5, 1, 9), (11, 4, 30), (5, 3, 4), (1, 1, 5)] {
        checkDepthwise(
          ConvolutionCase(
            height: side, width: side + 2, kernel: (kernel, kernel), stride: (step, step),
            pad: (kernel / 2, kernel / 2, kernel / 2, kernel / 2),
            outputs: multiple, groups: channels, isDepthwise: true, inputGap: kernel % 3, outputGap: 1,
            residual: multiple > 5, low: -0.5))
      }
      checkDepthwise(
        ConvolutionCase(
          height: 11, width: 12, kernel: (5, 3), stride: (2, 3), dilation: (2, 2), pad: (3, 1, 4, 2), outputs: multiple,
          groups: channels,
          isDepthwise: true))
    }
  }

  /// Channels that are gathered, and mixed from others.
  func testMixedDepthwise() {
    for (filters, channels) in [(1, 1), (3, 2), (7, 7), (16, 3), (33, 6), (40, 16), (50, 17), (96, 24), (20, 50)] {
      for (kernel, step, width) in [
        (7, 2, 61), (3, 1, 30), (3, 2, 9), (5, 1, 12), (5, 3, 50), (11, 4, 40), (2, 1, 2), (1, 1, 20),
      ] {
        for mixed in [0, 1, 3, 4] {
          checkDepthwise(
            ConvolutionCase(
              height: kernel + 4, width: width, kernel: (kernel, kernel), stride: (step, step),
              pad: (kernel / 2, kernel / 2, kernel / 2, kernel / 2), groups: filters, isDepthwise: true,
              channels: channels, mixedInputs: mixed,
              inputGap: mixed % 2, outputGap: 1, bias: step == 1, residual: step == 2, low: -0.5))
        }
      }
      for mixed in [0, 3] {
        checkDepthwise(
          ConvolutionCase(
            height: 14, width: 33, kernel: (5, 3), stride: (2, 3), dilation: (2, 3), pad: (3, 1, 4, 7), groups: filters,
            isDepthwise: true,
            channels: channels, mixedInputs: mixed))
        checkDepthwise(
          ConvolutionCase(
            height: 9, width: 20, kernel: (3, 3), pad: (1, 1, 1, 1), outputs: 3, groups: filters, isDepthwise: true,
            channels: channels,
            mixedInputs: mixed))
        // Windows of nothing but padding, and one too large for strips.
        checkDepthwise(
          ConvolutionCase(
            height: 3, width: 3, kernel: (3, 3), pad: (5, 4, 5, 4), groups: filters, isDepthwise: true,
            channels: channels, mixedInputs: mixed))
      }
    }
    checkDepthwise(
      ConvolutionCase(
        height: 5, width: 6, kernel: (2, 2), dilation: (300, 300), pad: (298, 297, 300, 298), groups: 18,
        isDepthwise: true, channels: 5,
        mixedInputs: 3))
  }

  private func check(_ shape: ConvolutionCase, file: StaticString = #filePath, line: UInt = #line) {
    let fixture = ConvolutionFixture(shape)
    let want = fixture.convolve(.reference)
    let magnitudes = fixture.magnitudes { $0.convolve(.reference) }
    assertIdentical(
      fixture.convolve(.reference, halfWeights: true), want, "\(shape) with half-precision weights", file: file,
      line: line)
    for kernels in Kernels.underTest {
      let got = fixture.convolve(kernels)
      // Each of the additions, of which there are one a product, the bias and the residual, rounds once; an unfused
      // product once more.
      let factor = Float(shape.depth + 3) * roundoff
      assertClose(
        got, want, tolerance: { factor * magnitudes.floats[$0] }, "\(kernels) \(shape)", file: file, line: line)
      for (pixels, panels) in [(1, 1), (3, 2), (7, 1), (29, 2)] {
        assertIdentical(
          fixture.convolve(kernels, pixels: pixels, panels: panels), got,
          "\(kernels) \(shape) in blocks of \(pixels)×\(panels)",
          file: file, line: line)
      }
      for (pixels, panels) in [(Int.max, Int.max), (1, 1), (5, 1)] {
        assertIdentical(
          fixture.convolve(kernels, pixels: pixels, panels: panels, halfWeights: true), got,
          "\(kernels) \(shape) with half-precision weights", file: file, line: line)
      }
    }
  }

  func testWideningOfHalves() {
    for bits in UInt16.min...UInt16.max {
      let exponent = Int(bits >> 10 & 31)
      let fraction = Double(bits & 1023)
      let magnitude =
        exponent == 0
        ? fraction * 0x1p-24
        : exponent == 31
          ? (fraction == 0 ? .infinity : .nan)
          : Double(sign: .plus, exponent: exponent - 15, significand: 1 + fraction / 1024)
      let want = Float(bits >> 15 == 0 ? magnitude : -magnitude)
      let halves = [UInt16](repeating: bits, count: 16)
      let four = pf_widen4(halves)
      let eight = pf_widen8(halves)
      let sixteen = pf_widen16(halves)
      for got in [pf_widen(bits), four[0], four[3], eight[7], sixteen[15]] where got.bitPattern != want.bitPattern {
        XCTAssert(got.isNaN && want.isNaN, "\(bits) becomes \(got), not \(want)")
      }
    }
  }

  func testNarrowingToHalves() {
    for bits in UInt16.min...UInt16.max {
      let half = Float16(bitPattern: bits)
      let value = Float(half)
      XCTAssert(half.isNaN ? Float16(bitPattern: pf_narrow(value)).isNaN : pf_narrow(value) == bits, "\(bits)")
      // Halfway to the next one, and beside that.
      let middle = (value + Float(half.nextUp)) / 2
      for value in [middle, middle.nextUp, middle.nextDown] where value.isFinite {
        XCTAssertEqual(pf_narrow(value), Float16(value).bitPattern, "\(value)")
      }
    }
    for value in [65519.99, 65520, 1e10, -1e10, .infinity, 0x1p-25, 0x1.000002p-25, 1e-30] as [Float] {
      XCTAssertEqual(pf_narrow(value), Float16(value).bitPattern, "\(value)")
    }
  }

  private func checkDepthwise(_ shape: ConvolutionCase, file: StaticString = #filePath, line: UInt = #line) {
    let fixture = ConvolutionFixture(shape)
    let want = fixture.depthwise(.reference)
    let magnitudes = fixture.magnitudes { $0.depthwise(.reference) }
    for kernels in Kernels.underTest {
      let got = fixture.depthwise(kernels)
      let factor = Float(shape.depth + 3) * roundoff
      assertClose(
        got, want, tolerance: { factor * magnitudes.floats[$0] }, "\(kernels) \(shape)", file: file, line: line)
      assertIdentical(
        fixture.depthwise(kernels, rows: 2), got, "\(kernels) \(shape) two rows at a time", file: file, line: line)
    }
  }
}
