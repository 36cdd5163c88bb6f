import PrefactorGraph
import PrefactorModelFormat
import XCTest

@testable import PrefactorONNX

/// Convolutions, products, pools and normalizations.
final class LayerTests: XCTestCase {
  func testConvolutionIsChannelsLastBetweenTransposes() throws {
    var builder = ModelBuilder()
    builder.input("x", ["N", 4, 9, 8])
    builder.constant("w", [6, 2, 3, 1], ramp([6, 2, 3, 1]).floats)
    builder.constant("b", [6], ramp([6]).floats)
    builder.node(
      "Conv", ["x", "w", "b"], ["y"], .int("group", 2), .ints("pads", [1, 0, 2, 3]), .ints("strides", [2, 1]),
      name: "conv1")
    builder.output("y")
    let graph = try builder.graph()
    XCTAssertEqual(graph.nodes.map(\.operation.code), [.transpose, .convolution, .transpose])
    let node = graph.nodes[1]
    guard case .convolution(let convolution) = node.operation else { return XCTFail() }
    XCTAssertEqual(
      [
        convolution.window.padTop, convolution.window.padLeft, convolution.window.padBottom,
        convolution.window.padRight,
      ], [1, 0, 2, 3])
    XCTAssertEqual(graph.constant(node, 1), ramp([6, 2, 3, 1]).transposed([0, 2, 3, 1]))
    XCTAssertEqual(try graph.shapes(Binding(batch: 5))[graph.outputs[0]]?.dims, [5, 6, 5, 11])
    XCTAssertEqual(graph.layers, [Layer(name: "conv1", macsBefore: 5 * 11 * 6 * 2 * 3, bytesBefore: (36 + 6) * 4)])
    XCTAssertEqual(node.layer, 0)
  }

  func testConvolutionOfOneDimension() throws {
    let builder = ModelBuilder.single(
      "Conv", [2, 3, 9], .ints("pads", [1, 1]), constants: [([4, 3, 3], ramp([4, 3, 3]).floats)])
    XCTAssertEqual(try builder.outputDims(), [2, 4, 9])
  }

  func testTransposedConvolution() throws {
    let cases: [(kernel: Int, stride: Int, dilation: Int, pads: [Int], extra: Int, groups: Int)] = [
      (3, 2, 1, [0, 0], 0, 1), (4, 2, 1, [1, 1], 0, 2), (3, 2, 1, [1, 1], 1, 1), (2, 3, 1, [0, 0], 0, 1),
      (3, 2, 2, [2, 1], 1, 2),
      (1, 4, 1, [0, 0], 3, 1), (5, 1, 1, [4, 4], 0, 1),
    ]
    for test in cases {
      let x = ramp([2, 4, 5])
      let weights = ramp([4, 3, test.kernel], 1)
      let bias = ramp([3 * test.groups], 2)
      let builder = ModelBuilder.single(
        "ConvTranspose", x.dims, .int("group", Int32(test.groups)), .ints("strides", [test.stride]),
        .ints("dilations", [test.dilation]),
        .ints("pads", test.pads), .ints("output_padding", [test.extra]),
        constants: [(weights.dims, weights.floats), (bias.dims, bias.floats)])
      let expected = transposedConvolution(
        x, weights, bias, test.stride, test.dilation, test.pads, test.extra, test.groups)
      let result = try builder.run([x])
      XCTAssertEqual(result.dims, expected.dims, "\(test)")
      for (a, b) in zip(result.floats, expected.floats) { XCTAssertEqual(a, b, accuracy: 1e-5, "\(test)") }
    }
  }

  /// By its definition: every input pixel adds the kernel, scaled, to the output.
  private func transposedConvolution(
    _ x: Tensor, _ weights: Tensor, _ bias: Tensor, _ stride: Int, _ dilation: Int, _ pads: [Int], _ extra: Int,
    _ groups: Int
  ) -> Tensor {
    let (batch, channels, size) = (x.dims[0], x.dims[1], x.dims[2])
    let (filters, kernel) = (weights.dims[1], weights.dims[2])
    let length = (size - 1) * stride + (kernel - 1) * dilation + 1 + extra - pads[0] - pads[1]
    var y = [Float](repeating: 0, count: batch * filters * groups * length)
    for n in 0..<batch {
      for f in 0..<filters * groups {
        for i in 0..<length { y[(n * filters * groups + f) * length + i] = bias.floats[f] }
      }
      for c in 0..<channels {
        for f in 0..<filters {
          for i in 0..<size {
            for k in 0..<kernel {
              let place = i * stride + k * dilation - pads[0]
              guard place >= 0, place < length else { continue }
              let filter = c / (channels / groups) * filters + f
              y[(n * filters * groups + filter) * length + place] +=
                x.floats[(n * channels + c) * size + i] * weights.floats[(c * filters + f) * kernel + k]
            }
          }
        }
      }
    }
    return Tensor([batch, filters * groups, length], y)
  }

  func testGemmFoldsItsFactors() throws {
    var builder = ModelBuilder.single(
      "Gemm", ["N", 3], .float("alpha", 2), .float("beta", 3),
      constants: [([3, 2], [1, 2, 3, 4, 5, 6]), ([1, 2], [1, -1])])
    let graph = try builder.graph()
    XCTAssertEqual(graph.nodes.map(\.operation.code), [.fullyConnected])
    XCTAssertEqual(graph.constant(graph.nodes[0], 1), tensor([2, 3], [2, 6, 10, 4, 8, 12]))
    XCTAssertEqual(graph.constant(graph.nodes[0], 2), tensor([2], [3, -3]))
    builder.model.graph.initializer[1] = .floats("f1", [1, 1], [5])
    XCTAssertEqual(try builder.graph().constant(builder.graph().nodes[0], 2), tensor([2], [15, 15]))
    builder.model.graph.input.append(builder.model.graph.input[0])
    builder.model.graph.input[1].name = "f0"
    builder.model.graph.input[1].type.tensorType.shape.dim[0].dimValue = 3
    builder.model.graph.initializer.removeFirst()
    XCTAssertEqual(try builder.graph().nodes.first?.operation.code, .matrixProduct)
  }

  func testMatrixProductOfVectors() throws {
    XCTAssertEqual(try ModelBuilder.single("MatMul", [3, 4], constants: [([4], [1, 2, 3, 4])]).outputDims(), [3])
    XCTAssertEqual(try ModelBuilder.single("MatMul", [4], constants: [([4], [1, 2, 3, 4])]).outputDims(), [])
    XCTAssertEqual(
      try ModelBuilder.single("MatMul", ["N", 5, 4], constants: [([4, 2], ramp([4, 2]).floats)]).outputDims(
        Binding(batch: 7)), [7, 5, 2])
  }

  func testBatchNormalization() throws {
    let builder = ModelBuilder.single(
      "BatchNormalization", [1, 2, 2], .float("epsilon", 0),
      constants: [([2], [2, 3]), ([2], [1, 0]), ([2], [1, 2]), ([2], [4, 9])])
    XCTAssertEqual(try builder.run([tensor([1, 2, 2], [1, 3, 2, 5])]), tensor([1, 2, 2], [1, 3, 0, 3]))
  }

  func testPools() throws {
    let window: [Onnx_AttributeProto] = [.ints("kernel_shape", [3, 3]), .ints("strides", [2, 2])]
    XCTAssertEqual(
      try ModelBuilder.single("MaxPool", ["N", 2, "H", "W"], window[0], window[1]).outputDims(
        Binding(batch: 2, height: 9, width: 8)), [2, 2, 4, 3])
    XCTAssertEqual(
      try ModelBuilder.single("MaxPool", [1, 2, 9, 8], window[0], window[1], .int("ceil_mode", 1)).outputDims(),
      [1, 2, 4, 4])
    XCTAssertEqual(
      try ModelBuilder.single("AveragePool", [1, 2, 9, 8], window[0], window[1], .string("auto_pad", "SAME_UPPER"))
        .outputDims(), [1, 2, 5, 4])
    XCTAssertEqual(try ModelBuilder.single("GlobalAveragePool", [1, 2, 9, 8]).outputDims(), [1, 2, 1, 1])
  }
}
