import KernelContract
import XCTest

final class TransformTests: XCTestCase {
  func testChannelCounts() {
    for (inputs, outputs) in [
      (1, 1), (3, 5), (5, 3), (17, 31), (31, 33), (33, 48), (48, 100), (100, 17), (4, 64), (16, 68), (257, 32),
    ] {
      check(ConvolutionCase(pad: (1, 1, 1, 1), inputs: inputs, outputs: outputs))
    }
  }

  func testSizes() {
    for (height, width) in [(9, 9), (10, 12), (13, 17), (16, 16), (21, 26), (33, 9)] {
      check(ConvolutionCase(height: height, width: width, inputs: 6, outputs: 9))
      check(ConvolutionCase(height: height, width: width, pad: (1, 2, 2, 1), inputs: 16, outputs: 16))
      check(ConvolutionCase(height: height, width: width, pad: (4, 3, 0, 2), inputs: 5, outputs: 33))
    }
  }

  /// Smaller than a tile, and one output.
  func testSmallImages() {
    check(ConvolutionCase(height: 1, width: 1, pad: (4, 4, 4, 4), inputs: 20, outputs: 20))
    check(ConvolutionCase(height: 2, width: 3, pad: (4, 4, 3, 3), inputs: 20, outputs: 20))
    for algorithm in Algorithm.all {
      let (height, width) = algorithm.kernels[0]
      check(algorithm, ConvolutionCase(height: height, width: width, kernel: (height, width), inputs: 20, outputs: 20))
    }
  }

  /// Tiles are interleaved, whose rows and columns differ in number by one, or have none; images that are narrower than
  /// the gaps.
  func testDilation() {
    for (height, width, dilation) in [
      (33, 13, (6, 2)), (14, 14, (3, 12)), (9, 11, (4, 4)), (5, 26, (1, 7)), (5, 4, (18, 5)), (1, 1, (2, 2)),
    ] {
      let pad = (2 * dilation.0, 2 * dilation.1, 2 * dilation.0, 2 * dilation.1)
      check(
        ConvolutionCase(
          images: 2, height: height, width: width, dilation: dilation, pad: pad, inputs: 17, outputs: 33, inputGap: 2))
    }
    check(
      ConvolutionCase(
        height: 19, width: 23, dilation: (2, 3), pad: (1, 7, 8, 4), inputs: 3, outputs: 5, groups: 2, residual: true))
  }

  /// Tiles that see nothing but padding, on every side.
  func testPaddingWiderThanTheKernel() {
    check(ConvolutionCase(height: 5, width: 3, pad: (19, 18, 20, 23), inputs: 5, outputs: 9))
  }

  func testGroups() {
    for (inputs, outputs, groups) in [(1, 2, 7), (3, 5, 4), (17, 33, 2), (16, 32, 3)] {
      check(
        ConvolutionCase(pad: (1, 1, 1, 1), inputs: inputs, outputs: outputs, groups: groups, inputGap: 3, outputGap: 5))
    }
  }

  func testImages() {
    check(
      ConvolutionCase(
        images: 3, height: 9, width: 10, pad: (1, 1, 1, 1), inputs: 19, outputs: 37, residual: true, low: 0))
    check(
      ConvolutionCase(images: 5, height: 11, width: 9, inputs: 16, outputs: 32, groups: 2, inputGap: 1, outputGap: 1))
  }

  /// More tiles than a block has.
  func testManyTiles() {
    check(ConvolutionCase(images: 2, height: 40, width: 44, pad: (1, 1, 1, 1), inputs: 7, outputs: 35))
  }

  func testFinish() {
    for outputs in [16, 33, 64] {
      for (bias, residual) in [(false, false), (true, false), (false, true), (true, true)] {
        check(
          ConvolutionCase(
            images: 2, height: 11, pad: (1, 1, 1, 1), inputs: 10, outputs: outputs, inputGap: 2, outputGap: 3,
            bias: bias, residual: residual, low: -0.5, high: 0.75))
      }
    }
  }

  func testHalfWeights() {
    let halves: [UInt16] = [0, 1, 0x3ff, 0x400, 0x3c00, 0x7bff, 0x7c00, 0x8001, 0xc500, 0xfc00]
    let values: [Float] = [0, 0x1p-24, 0x1.ff8p-15, 0x1p-14, 1, 65504, .infinity, -0x1p-24, -5, -.infinity]
    for (half, value) in zip(halves, values) { XCTAssertEqual(pf_widen(half), value) }
    XCTAssert(pf_widen(0x7e00).isNaN)
    for kernels in Kernels.underTest {
      for algorithm in Algorithm.all {
        let fixture = TransformFixture(
          ConvolutionCase(kernel: algorithm.kernels[0], pad: (1, 1, 1, 1), inputs: 5, outputs: 38, groups: 2), algorithm
        )
        assertIdentical(
          fixture.transformedWeights(kernels, half: true), fixture.transformedWeights(kernels, half: false),
          "\(kernels) \(algorithm)")
      }
    }
  }

  /// The tiles that see a number that is not finite are named, wherever it lies in them, and no others; nor do others'
  /// outputs change.
  func testSpoiltTiles() {
    for algorithm in Algorithm.all {
      for (number, channel) in [(Float.nan, 0), (.infinity, 16), (-.infinity, 18)] {
        for place in 0..<16 {
          for dilation in algorithm.dilations {
            let fixture = TransformFixture(
              ConvolutionCase(
                height: 17, width: 19, kernel: algorithm.kernels[0], dilation: dilation, pad: (2, 2, 2, 2), inputs: 19,
                outputs: 33), algorithm)
            let seen = fixture.put(number, row: place, column: 17 - place, channel: channel)
            for kernels in Kernels.underTest {
              _ = fixture.convolve(kernels, tiles: 5)
              XCTAssertEqual(
                fixture.spoilt, seen, "\(kernels) \(algorithm) \(number) in pixel \(place), dilation \(dilation)")
            }
          }
        }
      }
    }
  }

  /// With every algorithm, and each of its kernels that leaves an output.
  private func check(_ shape: ConvolutionCase, file: StaticString = #filePath, line: UInt = #line) {
    for algorithm in Algorithm.all where shape.dilation == (1, 1) || algorithm.dilations.count > 1 {
      for kernel in algorithm.kernels {
        var shape = shape
        shape.kernel = kernel
        if shape.outputHeight < 1 || shape.outputWidth < 1 { continue }
        check(algorithm, shape, file: file, line: line)
      }
    }
  }

  private func check(
    _ algorithm: Algorithm, _ shape: ConvolutionCase, file: StaticString = #filePath, line: UInt = #line
  ) {
    let fixture = TransformFixture(shape, algorithm)
    let want = fixture.reference()
    for kernels in Kernels.underTest {
      let got = fixture.convolve(kernels)
      let name = "\(kernels) \(algorithm) \(shape)"
      assertClose(got, want, tolerance: { _ in algorithm.tolerance(shape) }, name, file: file, line: line)
      for (tiles, panels) in [(1, 1), (3, 2), (13, 1)] {
        assertIdentical(
          fixture.convolve(kernels, tiles: tiles, panels: panels), got, "\(name) in blocks of \(tiles)×\(panels)",
          file: file, line: line)
      }
    }
  }
}

/// A way to convolve by tiles, and how far from the truth it may be.
struct Algorithm: CustomStringConvertible {
  let value: pf_algorithm
  let description: String
  let kernels: [(Int, Int)]
  /// K² of docs/convolution.md, K in one dimension; for Fourier's transform 4, which is of norms rather than maxima.
  let growth: Float
  /// Roundings of a number in the transforms.
  var roundings: Float = 44

  static let all = [
    Algorithm(value: PF_WINOGRAD_2X2_3X3, description: "F(2×2, 3×3)", kernels: [(3, 3)], growth: 64, roundings: 20),
    Algorithm(value: PF_WINOGRAD_3X3_3X3, description: "F(3×3, 3×3)", kernels: [(3, 3)], growth: 196),
    Algorithm(value: PF_WINOGRAD_4X4_3X3, description: "F(4×4, 3×3)", kernels: [(3, 3)], growth: 564),
    Algorithm(value: PF_WINOGRAD_6X6_3X3, description: "F(6×6, 3×3)", kernels: [(3, 3)], growth: 4579),
    Algorithm(value: PF_WINOGRAD_2X2_5X5, description: "F(2×2, 5×5)", kernels: [(5, 5)], growth: 1132),
    Algorithm(value: PF_WINOGRAD_4X4_5X5, description: "F(4×4, 5×5)", kernels: [(5, 5)], growth: 7531),
    Algorithm(value: PF_WINOGRAD_6_3, description: "F(6, 3)", kernels: [(1, 3), (3, 1)], growth: 68, roundings: 22),
    Algorithm(value: PF_WINOGRAD_4_5, description: "F(4, 5)", kernels: [(1, 5), (5, 1)], growth: 87, roundings: 22),
    Algorithm(value: PF_FFT_16X16, description: "FFT", kernels: [(9, 9), (3, 3), (5, 7), (1, 2)], growth: 4),
  ]

  var dilations: [(Int, Int)] { value == PF_FFT_16X16 ? [(1, 1)] : [(1, 1), (2, 3)] }

  /// Inputs, weights, biases and residuals are at most 1.
  func tolerance(_ shape: ConvolutionCase) -> Float {
    let channels = Float(shape.inputs)
    let norms = value == PF_FFT_16X16 ? 16 * Float(shape.kernel.height * shape.kernel.width).squareRoot() : 1
    return roundoff * ((roundings + channels) * growth * norms * channels + 3)
  }
}

/// A convolution by tiles beside its direct reference.
final class TransformFixture {
  let shape: ConvolutionCase
  let algorithm: Algorithm
  private let fixture: ConvolutionFixture
  private let tiling: pf_tiling
  /// Tiles of which the last run found the input not finite.
  private(set) var spoilt: Set<Int> = []

  init(_ shape: ConvolutionCase, _ algorithm: Algorithm) {
    self.shape = shape
    self.algorithm = algorithm
    fixture = ConvolutionFixture(shape)
    var layer = fixture.layer(output: fixture.output())
    precondition(pf_algorithm_applies(algorithm.value, &layer.window) != 0)
    tiling = pf_tiling_of(algorithm.value, &layer.window)
  }

  /// Image by image, and in double precision.
  func reference() -> Buffer {
    let output = fixture.output()
    var layer = fixture.layer(output: output)
    layer.images = 1
    let pixels = shape.outputHeight * shape.outputWidth
    for _ in 0..<shape.images {
      for group in 0..<shape.groups {
        var block = pf_block(
          group: Int32(group), first_pixel: 0, pixels: Int32(pixels), first_panel: 0, panels: Int32(shape.panels))
        Kernels.reference.table.convolution(&layer, &block, output.pointer)
      }
      layer.input += shape.height * shape.width * Int(layer.input_stride)
      layer.output += pixels * Int(layer.output_stride)
      if shape.residual { layer.residual += pixels * Int(layer.residual_stride) }
    }
    return output
  }

  /// Puts a number into a pixel of image 0, and says which tiles see it.
  func put(_ number: Float, row: Int, column: Int, channel: Int) -> Set<Int> {
    fixture.input.floats[(row * shape.width + column) * (shape.inputChannels + shape.inputGap) + channel] = number
    var seen: Set<Int> = []
    for (i, top) in tops.enumerated() {
      for (j, left) in lefts.enumerated()
      where (0..<Int(tiling.input_height)).contains(where: { top - shape.pad.top + $0 * shape.dilation.height == row })
        && (0..<Int(tiling.input_width)).contains(where: { left - shape.pad.left + $0 * shape.dilation.width == column }
        )
      {
        seen.insert(i * lefts.count + j)
      }
    }
    return seen
  }

  /// The first rows, and columns, of the tiles' outputs: those of a phase are a tile's height times the gap apart.
  private var tops: [Int] {
    (0..<shape.outputHeight).filter { $0 / shape.dilation.height % Int(tiling.output_height) == 0 }
  }
  private var lefts: [Int] {
    (0..<shape.outputWidth).filter { $0 / shape.dilation.width % Int(tiling.output_width) == 0 }
  }

  func transformedWeights(_ kernels: Kernels, half: Bool = false) -> Buffer {
    let output = fixture.output()
    var layer = fixture.layer(output: output)
    let count = shape.groups * Int(tiling.positions) * pf_panel_floats(shape.inputs, shape.outputs)
    let transformed = Buffer(count: count + Int(PF_PANEL_SLACK) / 4, repeating: .nan)
    let weights = Buffer(count: pf_panel_floats(shape.depth, shape.outputs) * shape.groups)
    let halves = Buffer(count: (weights.floats.count + 1) / 2)
    let rest = halves.pointer.withMemoryRebound(to: UInt16.self, capacity: 2 * halves.floats.count) { bits in
      let bits = half ? bits + (2 * halves.floats.count - weights.floats.count) : bits
      for i in weights.floats.indices {
        bits[i] = UInt16(truncatingIfNeeded: 0x3000 + 7 * i % 0x0fff)
        weights.floats[i] = pf_widen(bits[i])
      }
      return UnsafePointer(bits)
    }
    if half {
      layer.weights = pf_weights(halves: rest)
    } else {
      layer.weights = pf_weights(floats: weights.pointer)
    }
    transform(kernels, &layer, to: transformed)
    withExtendedLifetime((weights, halves)) {}
    return transformed
  }

  private func transform(_ kernels: Kernels, _ layer: inout pf_convolution, to transformed: Buffer) {
    for group in 0..<shape.groups {
      for panel in 0..<shape.panels {
        kernels.table.transform_weights(&layer, algorithm.value, Int32(group), Int32(panel), transformed.pointer)
      }
    }
  }

  /// Runs every block, of at most `tiles` tiles and `panels` panels.
  func convolve(_ kernels: Kernels, tiles: Int = .max, panels: Int = .max) -> Buffer {
    let output = fixture.output()
    spoilt = []
    var layer = fixture.layer(output: output)
    let count = shape.groups * Int(tiling.positions) * pf_panel_floats(shape.inputs, shape.outputs)
    let transformed = Buffer(count: count + Int(PF_PANEL_SLACK) / 4, repeating: .nan)
    transform(kernels, &layer, to: transformed)
    layer.weights = pf_weights(floats: transformed.pointer)
    let bytes = kernels.table.transform_scratch(&layer, algorithm.value)
    let scratch = Buffer(count: (bytes + 63) / 64 * 16, repeating: .nan)
    let all = shape.images * tops.count * lefts.count
    let blockTiles = min(tiles, Int(kernels.table.transform_block_tiles(&layer, algorithm.value)))
    let blockPanels = min(panels, shape.panels)
    for group in 0..<shape.groups {
      for tile in stride(from: 0, to: all, by: blockTiles) {
        for panel in stride(from: 0, to: shape.panels, by: blockPanels) {
          var block = pf_tile_block(
            group: Int32(group), first_tile: Int32(tile), tiles: Int32(min(blockTiles, all - tile)),
            first_panel: Int32(panel), panels: Int32(min(blockPanels, shape.panels - panel)))
          var numbers = [Int32](repeating: -1, count: Int(block.tiles))
          let count = Int(
            kernels.table.transform_convolution(&layer, algorithm.value, &block, scratch.pointer, &numbers))
          spoilt.formUnion(numbers[..<count].map { Int($0) })
        }
      }
    }
    return output
  }
}
