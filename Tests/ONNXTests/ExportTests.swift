import Foundation
import PrefactorEngine
import PrefactorFactorization
import PrefactorGraph
import PrefactorModelFormat
import PrefactorPasses
import XCTest

@testable import PrefactorONNX

final class ExportTests: XCTestCase {
  /// Exported and imported again, a network gives the same outputs.
  @discardableResult
  private func checkRoundTrip(
    _ builder: ModelBuilder, _ inputs: [Tensor], file: StaticString = #filePath, line: UInt = #line
  ) throws -> Onnx_ModelProto {
    var graph = try builder.graph()
    try simplify(&graph)
    return try checkRoundTrip(graph, inputs, file: file, line: line)
  }

  @discardableResult
  private func checkRoundTrip(_ graph: Graph, _ inputs: [Tensor], file: StaticString = #filePath, line: UInt = #line)
    throws -> Onnx_ModelProto
  {
    let exported = try Onnx_ModelProto(serializedBytes: exportONNX(graph))
    var again = try importModel(exported)
    try simplify(&again)
    XCTAssertEqual(
      again.inputs.map { again.names[$0.value] }, graph.inputs.map { graph.names[$0.value] }, file: file, line: line)
    XCTAssertEqual(again.outputs.map { again.names[$0] }, graph.outputs.map { graph.names[$0] }, file: file, line: line)
    XCTAssertEqual(again.layers, graph.layers, file: file, line: line)
    XCTAssertEqual(parts(of: again), parts(of: graph), file: file, line: line)
    XCTAssertEqual(try again.layerCosts(), try graph.layerCosts(), file: file, line: line)
    var options = EngineOptions()
    options.batch = inputs[0].dims[0]
    for (a, b) in zip(
      try Engine(graph: graph, options: options).run(inputs), try Engine(graph: again, options: options).run(inputs))
    {
      XCTAssertEqual(a.dims, b.dims, file: file, line: line)
      for (a, b) in zip(a.asFloats, b.asFloats) { XCTAssertEqual(a, b, accuracy: 1e-5, file: file, line: line) }
    }
    return exported
  }

  /// The operations that layers consist of.
  private func parts(of graph: Graph) -> [String] {
    graph.nodes.filter { $0.layer != nil }.map { "\($0.layer!): \($0.operation)" }
  }

  func testAClassifierNeedsNoTransposeBetweenItsConvolutions() throws {
    var builder = ModelBuilder()
    builder.input("image", ["N", 3, 8, 8])
    builder.constant("w1", [4, 3, 3, 3], ramp([4, 3, 3, 3]).floats)
    builder.constant("w2", [4, 4, 1, 1], ramp([4, 4, 1, 1], 1).floats)
    builder.constant("fc", [5, 64], ramp([5, 64], 2).floats)
    builder.constant("bias", [5], ramp([5]).floats)
    builder.node("Conv", ["image", "w1"], ["a"], .ints("pads", [1, 1, 1, 1]), name: "conv1")
    builder.node("Relu", ["a"], ["b"])
    builder.node("Conv", ["b", "w2"], ["c"], name: "conv2")
    builder.node("Add", ["b", "c"], ["d"])
    builder.node("Clip", ["d"], ["e"])
    builder.node("MaxPool", ["e"], ["f"], .ints("kernel_shape", [2, 2]), .ints("strides", [2, 2]))
    builder.node("Flatten", ["f"], ["g"])
    builder.node("Gemm", ["g", "fc", "bias"], ["logits"], .int("transB", 1), name: "fc1")
    builder.output("logits")
    let exported = try checkRoundTrip(builder, [ramp([2, 3, 8, 8])])
    let types = exported.graph.node.map(\.opType)
    XCTAssertEqual(types.filter { $0 == "Conv" }.count, 2)
    XCTAssertFalse(types[..<types.lastIndex(of: "MaxPool")!].contains("Transpose"))
    XCTAssertEqual(exported.graph.input[0].type.tensorType.shape.dim[0].dimParam, "N")
  }

  func testOperators() throws {
    let image = ramp([1, 4, 6, 6])
    let weights: [(dims: [Int], values: [Float])] = [([4, 2, 3, 3], ramp([4, 2, 3, 3], 1).floats)]
    let builders: [ModelBuilder] = [
      .single("ConvTranspose", image.dims, .ints("strides", [2, 2]), .int("group", 2), constants: weights),
      .single("ConvTranspose", image.dims, .ints("strides", [1, 3]), constants: weights),
      .single("SpaceToDepth", image.dims, .int("blocksize", 2)),
      .single("SpaceToDepth", image.dims, .int("blocksize", 2), .string("mode", "CRD"), opset: 28),
      .single("LRN", image.dims, .int("size", 3), .float("alpha", 0.1)),
      .single("InstanceNormalization", image.dims, constants: [([4], [1, 2, 3, 4]), ([4], [0, 1, 0, 1])]),
      .single(
        "AveragePool", image.dims, .ints("kernel_shape", [3, 2]), .ints("pads", [1, 0, 1, 1]),
        .int("count_include_pad", 1)),
      .single(
        "MaxPool", image.dims, .ints("kernel_shape", [3, 3]), .ints("strides", [2, 2]),
        .string("auto_pad", "SAME_LOWER")),
      .single("Upsample", image.dims, .string("mode", "linear"), constants: [([4], [1, 1, 2, 3])], opset: 9),
      .single("ReduceMean", image.dims, .ints("axes", [2, 3]), .int("keepdims", 0)),
      .single("ReduceSum", image.dims, integers: [[1]]),
      .single("Slice", image.dims, integers: [[1, 5], [4, -9], [1, 3], [2, -2]]),
      .single("Pad", image.dims, .string("mode", "edge"), integers: [[0, 1, 2, 0, 0, 0, 1, 3]]),
      .single("Gelu", image.dims, opset: 20), .single("Gelu", image.dims, .string("approximate", "tanh"), opset: 20),
      .single("Mish", image.dims, opset: 18),
      .single("Softmax", image.dims, .int("axis", 1)), .single("ArgMax", image.dims, .int("axis", 1)),
      .single("Tile", image.dims, integers: [[1, 2, 1, 3]]),
      .single("Expand", [1, 4, 6, 6], integers: [[3, 4, 6, 6]]),
      .single("PRelu", image.dims, constants: [([4, 1, 1], [1, 2, 3, 4])]),
      .single("MatMul", image.dims, constants: [([6, 2], ramp([6, 2]).floats)]),
      .single("Cast", image.dims, .int("to", 7)),
    ]
    for builder in builders { try checkRoundTrip(builder, [image]) }
  }

  /// A convolution with bias, residual and clamp, by every method.
  func testFactoredLayersAreOrdinaryOperators() throws {
    var builder = ModelBuilder()
    builder.input("image", ["N", 6, 7, 8])
    builder.constant("weights", [6, 6, 3, 3], ramp([6, 6, 3, 3]).floats)
    builder.constant("bias", [6], ramp([6], 1).floats)
    builder.node("Conv", ["image", "weights", "bias"], ["a"], .ints("pads", [1, 1, 1, 1]), name: "conv")
    builder.node("Add", ["a", "image"], ["b"])
    builder.node("Relu", ["b"], ["c"])
    builder.output("c")
    let plans = [
      #""channel", "rank": 3"#, #""spatial", "rank": 4"#, #""tucker2", "inputRank": 3, "outputRank": 4"#,
      #""monochromatic", "colors": 3"#,
      #""cp", "rank": 5"#, #""bicluster-svd", "inputClusters": 2, "outputClusters": 3, "k1": 2, "k2": 1"#,
      #""bicluster-outer", "inputClusters": 3, "outputClusters": 2, "terms": 3"#, #""separable-basis", "terms": 2"#,
    ]
    for plan in plans {
      var graph = try builder.graph()
      try simplify(&graph)
      try FactorizationPlan(json: Data("{\"conv\": {\"method\": \(plan)}}".utf8)).apply(to: &graph)
      try checkRoundTrip(graph, [ramp([2, 6, 7, 8])])
    }
  }

  func testFactoredGroupsAndPointwiseLayers() throws {
    var builder = ModelBuilder()
    builder.input("image", ["N", 6, 7, 8])
    builder.constant("weights", [4, 3, 3, 3], ramp([4, 3, 3, 3]).floats)
    builder.constant("mixing", [5, 4, 1, 1], ramp([5, 4, 1, 1]).floats)
    builder.node("Conv", ["image", "weights"], ["a"], .ints("pads", [1, 1, 1, 1]), .int("group", 2), name: "conv")
    builder.node("Conv", ["a", "mixing"], ["b"], name: "mix")
    builder.output("b")
    for plan in [
      #""spatial", "rank": 2"#, #""monochromatic", "colors": 1"#, #""cp", "rank": 3"#,
      #""separable-basis", "terms": 2"#,
    ] {
      var graph = try builder.graph()
      try simplify(&graph)
      try FactorizationPlan(
        json: Data("{\"conv\": {\"method\": \(plan)}, \"mix\": {\"method\": \"svd\", \"rank\": 2}}".utf8)
      ).apply(
        to: &graph)
      try checkRoundTrip(graph, [ramp([2, 6, 7, 8])])
    }
  }

  func testWhatBecameOfALayerSurvives() throws {
    var graph = try ModelBuilder.single("Conv", [1, 3, 6, 6], constants: [([4, 3, 3, 3], ramp([4, 3, 3, 3]).floats)])
      .graph()
    graph.layers[0].method = "tucker2"
    graph.layers[0].parameters = "{\"k1\": 2}"
    graph.layers[0].relativeError = 0.125
    let again = try importModel(exportModel(graph))
    XCTAssertEqual(again.layers, graph.layers)
    XCTAssertEqual(again.nodes.filter { $0.layer == 0 }.count, 1)
  }
}
