import CPrefactor
import KernelContract
import PrefactorModelFormat
import XCTest

@testable import PrefactorRuntime

/// What files and the kernels' contract have in common: files have to keep it, so that it stands in both.
final class ContractTests: XCTestCase {
  /// Each has a number of its own, and there are no others.
  private func check<Case: RawRepresentable<Int32> & Hashable, Constant: RawRepresentable<UInt32>>(
    _ cases: KeyValuePairs<Case, Constant>, _ kernel: (Case) -> Constant, line: UInt = #line
  ) {
    for (value, constant) in cases {
      XCTAssertEqual(kernel(value).rawValue, constant.rawValue, "\(value)", line: line)
    }
    let known = (-1...100).compactMap(Case.init(rawValue:))
    XCTAssertEqual(Set(known), Set(cases.map(\.key)), line: line)
  }

  func testNumbers() {
    check(
      [
        .relu: PF_RELU, .leakyRelu: PF_LEAKY_RELU, .clip: PF_CLIP, .sigmoid: PF_SIGMOID,
        .hardSigmoid: PF_HARD_SIGMOID, .hardSwish: PF_HARD_SWISH, .tanh: PF_TANH, .elu: PF_ELU, .selu: PF_SELU,
        .softplus: PF_SOFTPLUS, .softsign: PF_SOFTSIGN, .mish: PF_MISH, .gelu: PF_GELU, .geluTanh: PF_GELU_TANH,
        .erf: PF_ERF, .sqrt: PF_SQRT, .exp: PF_EXP, .log: PF_LOG, .abs: PF_ABS, .negate: PF_NEGATE,
        .reciprocal: PF_RECIPROCAL, .copy: PF_COPY,
      ], \UnaryFunction.kernel)
    check(
      [
        .add: PF_ADD, .subtract: PF_SUBTRACT, .multiply: PF_MULTIPLY, .divide: PF_DIVIDE, .power: PF_POWER,
        .maximum: PF_MAXIMUM, .minimum: PF_MINIMUM, .prelu: PF_PRELU, .equal: PF_EQUAL, .less: PF_LESS,
        .lessOrEqual: PF_LESS_OR_EQUAL, .mask: PF_MASK,
      ], \BinaryFunction.kernel)
    check(
      [
        .mean: PF_REDUCE_MEAN, .sum: PF_REDUCE_SUM, .maximum: PF_REDUCE_MAX, .minimum: PF_REDUCE_MIN,
        .product: PF_REDUCE_PRODUCT,
      ], \ReductionFunction.kernel)
    check([.maximum: PF_POOL_MAX, .average: PF_POOL_AVERAGE], \PoolKind.kernel)
    check(
      [
        .winograd2x2Kernel3x3: PF_WINOGRAD_2X2_3X3, .winograd4x4Kernel3x3: PF_WINOGRAD_4X4_3X3,
        .winograd6x6Kernel3x3: PF_WINOGRAD_6X6_3X3, .winograd2x2Kernel5x5: PF_WINOGRAD_2X2_5X5,
        .winograd4x4Kernel5x5: PF_WINOGRAD_4X4_5X5, .fourier: PF_FFT_16X16, .winograd6Kernel3: PF_WINOGRAD_6_3,
        .winograd4Kernel5: PF_WINOGRAD_4_5, .winograd3x3Kernel3x3: PF_WINOGRAD_3X3_3X3,
      ], \ConvolutionAlgorithm.kernel)
    check(
      [
        .float32: PF_FLOAT32, .uint8: PF_UINT8, .int8: PF_INT8, .int32: PF_INT32, .int64: PF_INT64,
        .float16: PF_FLOAT16,
      ], { (type: ElementType) in pf_type(rawValue: UInt32(type.rawValue)) })
    XCTAssertEqual(PF_WEIGHTS_FLOAT32.rawValue, PF_FLOAT32.rawValue)
    XCTAssertEqual(PF_WEIGHTS_FLOAT16.rawValue, PF_FLOAT16.rawValue)
    XCTAssertNil(ConvolutionAlgorithm(PF_DIRECT))
    XCTAssertEqual(Layout.longestSide, Int(PF_IMAGE_SIDE))
  }

  func testPositions() {
    let algorithms = (1..<PF_ALGORITHM_COUNT).compactMap(ConvolutionAlgorithm.init(rawValue:))
    XCTAssertEqual(algorithms.count, Int(PF_ALGORITHM_COUNT) - 1)
    for algorithm in algorithms {
      for (height, width) in (0...17).flatMap({ height in (0...17).map { (height, $0) } }) {
        var window = pf_window(
          kernel_height: Int32(height), kernel_width: Int32(width), stride_height: 1, stride_width: 1,
          dilation_height: 1, dilation_width: 1, pad_top: 0, pad_left: 0)
        let applies = pf_algorithm_applies(algorithm.kernel, &window) != 0
        XCTAssertEqual(
          algorithm.positions(kernelHeight: height, kernelWidth: width),
          applies ? Int(pf_tiling_of(algorithm.kernel, &window).positions) : nil, "\(algorithm), \(height)×\(width)")
      }
    }
  }

  func testPanels() {
    XCTAssertEqual(PanelLayout.width, Int(PF_PANEL_WIDTH))
    XCTAssertEqual(PanelLayout.slack, Int(PF_PANEL_SLACK))
    for columns in 0...100 {
      XCTAssertEqual(PanelLayout.stride(columns: columns), pf_panel_stride(columns))
      XCTAssertEqual(PanelLayout.count(depth: 7, columns: columns), pf_panel_floats(7, columns))
    }
  }
}
