import PrefactorEngine
import PrefactorGraph
import PrefactorModelFormat
import XCTest

@testable import PrefactorONNX

/// Normalisations and reductions that are made of others, on numbers whose means and roots are whole.
final class NormalizationTests: XCTestCase {
  private func assertClose(_ got: [Float], _ expected: [Float], _ message: String = "", line: UInt = #line) {
    XCTAssertEqual(got.count, expected.count, message, line: line)
    // Some roundings, of numbers up to 16.
    for (a, b) in zip(got, expected) where !(a == b || a.isNaN && b.isNaN) {
      XCTAssertEqual(a, b, accuracy: 0x1p-18, message, line: line)
    }
  }

  /// Variance 9 - 5 = 4 with ε.
  private let row: [Float] = [2, -2, 4, 0]
  private let x = tensor([2, 4], [2, -2, 4, 0, 10, 10, 10, 10])

  func testLayerNormalization() throws {
    var builder = ModelBuilder()
    builder.input("x", [2, 4])
    builder.constant("scale", [4], [1, 2, 1, 2])
    builder.constant("shift", [4], [0, 0, 1, 1])
    builder.node("LayerNormalization", ["x", "scale", "shift"], ["y", "mean", "inverse"], .float("epsilon", 4))
    for name in ["y", "mean", "inverse"] { builder.output(name) }
    let results = try Engine(graph: builder.graph()).run([x])
    assertClose(results[0].floats, [1.0 / 3, -2, 2, 1.0 / 3, 0, 0, 1, 1])
    XCTAssertEqual(results[1], tensor([2, 1], [1, 10]))
    assertClose(results[2].floats, [1.0 / 3, 0.5])
  }

  /// A variance that is the difference of two squares would be 0 here.
  func testVariancesOfLargeNumbers() throws {
    let builder = ModelBuilder.single(
      "LayerNormalization", [1, 4], .float("epsilon", 0), constants: [([4], [1, 1, 1, 1])])
    let root = Float(5).squareRoot()
    assertClose(try builder.run([tensor([1, 4], row.map { $0 + 0x1p20 })]).floats, row.map { ($0 - 1) / root })
  }

  func testLayerNormalizationOverSeveralAxes() throws {
    let builder = ModelBuilder.single(
      "LayerNormalization", [1, 2, 2], .int("axis", -2), .float("epsilon", 4),
      constants: [([2, 2], [3, 3, 3, 6]), ([2], [0, 1])])
    assertClose(try builder.run([tensor([1, 2, 2], row)]).floats, [1, -2, 3, -1])
    XCTAssert(
      ModelBuilder.single("LayerNormalization", [2, 4], constants: [([2, 1, 4], Array(repeating: 1, count: 8))])
        .importError()
        .contains("(LayerNormalization): its scale or shift does not fit the input"))
  }

  /// Two groups of two channels with two pixels each.
  func testGroupNormalization() throws {
    let image = tensor([1, 4, 1, 2], row + row.map { 2 - $0 })
    func run(opset: Int64, _ scale: [Float], _ shift: [Float]) throws -> [Float] {
      try ModelBuilder.single(
        "GroupNormalization", [1, 4, 1, 2], .int("num_groups", 2), .float("epsilon", 4),
        constants: [([scale.count], scale), ([shift.count], shift)],
        opset: opset
      ).run([image])
        .floats
    }
    assertClose(try run(opset: 18, [3, 6], [0, 1]), [1, -3, 3, -1, -1, 7, -5, 3])
    assertClose(try run(opset: 21, [3, 3, 6, 6], [0, 1, 0, 0]), [1, -3, 4, 0, -2, 6, -6, 2])
    XCTAssert(
      ModelBuilder.single(
        "GroupNormalization", [1, 4, 2], .int("num_groups", 3),
        constants: [([4], [1, 1, 1, 1]), ([4], [1, 1, 1, 1])], opset: 21
      ).importError()
        .contains("3 groups of 4 channels"))
  }

  func testOthers() throws {
    let root = ModelBuilder.single(
      "RMSNormalization", [1, 4], .float("epsilon", 10), constants: [([4], [1, 2, 1, 1])], opset: 23)
    assertClose(try root.run([tensor([1, 4], row)]).floats, [0.5, -1, 1, 0])
    let mean = ModelBuilder.single("MeanVarianceNormalization", [1, 4], .ints("axes", [1]))
    assertClose(try mean.run([tensor([1, 4], [1, -1, 1, -1])]).floats, [1, -1, 1, -1])
    let norm = ModelBuilder.single("LpNormalization", [3, 2], .int("p", 2))
    assertClose(try norm.run([tensor([3, 2], [3, 4, 0, 0, -5, 0])]).floats, [0.6, 0.8, 0, 0, -1, 0])
    assertClose(
      try ModelBuilder.single("LpNormalization", [2], .int("p", 1), .int("axis", 0)).run([tensor([2], [-3, 1])]).floats,
      [-0.75, 0.25])
  }

  func testReductionsOfFunctions() throws {
    func reduced(
      _ type: String, _ attributes: Onnx_AttributeProto..., x: Tensor? = nil, integers: [[Int64]] = [],
      opset: Int64 = 13
    ) throws -> [Float] {
      var builder = ModelBuilder.single(type, [2, 2], integers: integers, opset: opset)
      builder.model.graph.node[0].attribute = attributes
      return try builder.run([x ?? tensor([2, 2], [3, -4, 0, 12])]).floats
    }
    let rows = Onnx_AttributeProto.ints("axes", [-1])
    assertClose(try reduced("ReduceL1", rows), [7, 12])
    assertClose(try reduced("ReduceL2", rows), [5, 12])
    assertClose(try reduced("ReduceL2", integers: [[0]], opset: 18), [3, Float(160).squareRoot()])
    assertClose(try reduced("ReduceL2", .int("keepdims", 0)), [13])
    assertClose(try reduced("ReduceSumSquare", rows), [25, 144])
    assertClose(try reduced("ReduceProd", rows), [-12, 0])
    assertClose(try reduced("ReduceLogSum", rows, x: tensor([2, 2], [1, 3, 0.25, 0.25])), [1.3862944, -0.6931472])
    // Functions are applied also where no axes are reduced.
    assertClose(try reduced("ReduceL1", .int("noop_with_empty_axes", 1), opset: 18), [3, 4, 0, 12])
    assertClose(try reduced("ReduceSumSquare", .int("noop_with_empty_axes", 1), opset: 18), [9, 16, 0, 144])
  }

  func testLogarithmsOfSumsOfExponentials() throws {
    let infinity = Float.infinity
    let cases: [([Float], Float)] = [
      ([1000, 1000], 1000 + 0.6931472), ([-1000, -1000], -1000 + 0.6931472), ([-infinity, -infinity], -infinity),
      ([infinity, 3], infinity),
      ([-infinity, 3], 3), ([.nan, 3], .nan), ([3e38, -3e38], 3e38), ([infinity, -infinity], infinity),
    ]
    for keepDims in [0, 1] {
      let builder = ModelBuilder.single(
        "ReduceLogSumExp", [cases.count, 2], .ints("axes", [1]), .int("keepdims", Int32(keepDims)))
      let x = tensor([cases.count, 2], cases.flatMap(\.0))
      let result = try builder.run([x])
      XCTAssertEqual(result.dims, keepDims == 1 ? [cases.count, 1] : [cases.count])
      for (got, (terms, expected)) in zip(result.floats, cases) {
        XCTAssert(
          got == expected || got.isNaN && expected.isNaN || abs(got - expected) <= abs(expected) * 0x1p-22,
          "\(terms): \(got)")
      }
    }
  }
}
