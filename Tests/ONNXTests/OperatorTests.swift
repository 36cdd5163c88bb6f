import PrefactorEngine
import PrefactorGraph
import PrefactorModelFormat
import XCTest

@testable import PrefactorONNX

/// One operator each, on numbers.
final class OperatorTests: XCTestCase {
  private let x = tensor([2, 3], [-2, -1, 0, 1, 2, 3])

  private func floats(_ builder: ModelBuilder, _ inputs: [Tensor]? = nil) throws -> [Float] {
    try builder.run(inputs ?? [x]).floats
  }

  func testElementwise() throws {
    XCTAssertEqual(try floats(.single("Relu", [2, 3])), [0, 0, 0, 1, 2, 3])
    XCTAssertEqual(try floats(.single("LeakyRelu", [2, 3], .float("alpha", 0.5))), [-1, -0.5, 0, 1, 2, 3])
    XCTAssertEqual(
      try floats(.single("Clip", [2, 3], .float("min", -1), .float("max", 2), opset: 7)), [-1, -1, 0, 1, 2, 2])
    XCTAssertEqual(try floats(.single("Clip", [2, 3], constants: [([], [-1]), ([], [2])])), [-1, -1, 0, 1, 2, 2])
    XCTAssertEqual(try floats(.single("Sub", [2, 3], constants: [([2, 1], [1, 2])])), [-3, -2, -1, -1, 0, 1])
    XCTAssertEqual(try floats(.single("Mean", [2, 3], constants: [([3], [2, 1, 0])])), [0, 0, 0, 1.5, 1.5, 1.5])
    XCTAssertEqual(try floats(.single("PRelu", [2, 3], constants: [([3], [1, 2, 3])])), [-2, -2, 0, 1, 2, 3])
    XCTAssertEqual(try floats(.single("Pow", [2, 3], integers: [[2]])), [4, 1, 0, 1, 4, 9])
  }

  func testSoftmaxBeforeOpset13IsOverAllAxesFromItsOwn() throws {
    let builder = ModelBuilder.single("Softmax", ["N", 2, 2], .int("axis", 1), opset: 11)
    XCTAssertEqual(try builder.run([tensor([1, 2, 2], [1, 1, 1, 1])]), tensor([1, 2, 2], [0.25, 0.25, 0.25, 0.25]))
    let newer = ModelBuilder.single("Softmax", [1, 2, 2], .int("axis", 1))
    XCTAssertEqual(try newer.run([tensor([1, 2, 2], [1, 1, 1, 1])]), tensor([1, 2, 2], [0.5, 0.5, 0.5, 0.5]))
  }

  func testMovement() throws {
    XCTAssertEqual(try floats(.single("Transpose", [2, 3])), [-2, 1, -1, 2, 0, 3])
    XCTAssertEqual(try floats(.single("Slice", [2, 3], integers: [[-1], [-100], [1], [-2]])), [0, -2, 3, 1])
    XCTAssertEqual(
      try floats(.single("Slice", [2, 3], .ints("starts", [1]), .ints("ends", [9]), .ints("axes", [-1]), opset: 9)),
      [-1, 0, 2, 3])
    XCTAssertEqual(try floats(.single("Gather", [2, 3], .int("axis", 1), integers: [[-1, 0]])), [0, -2, 3, 1])
    XCTAssertEqual(
      try floats(.single("Pad", [2, 3], .ints("pads", [0, 1, 0, -1]), .float("value", 9), opset: 9)),
      [9, -2, -1, 9, 1, 2])
    XCTAssertEqual(
      try floats(.single("Pad", [2, 3], .string("mode", "reflect"), integers: [[0, 1, 0, 0]])),
      [-1, -2, -1, 0, 2, 1, 2, 3])
    XCTAssertEqual(try ModelBuilder.single("Tile", [2, 3], integers: [[2, 1]]).outputDims(), [4, 3])
    XCTAssertEqual(try ModelBuilder.single("Flatten", [2, 3, 4], .int("axis", -1)).outputDims(), [6, 4])
    XCTAssertEqual(try ModelBuilder.single("Squeeze", [1, 3, 1]).outputDims(), [3])
    XCTAssertEqual(try ModelBuilder.single("Unsqueeze", [2, 3], integers: [[-1, 0]]).outputDims(), [1, 2, 3, 1])
    XCTAssertEqual(
      try ModelBuilder.single("DepthToSpace", [1, 8, 2, 3], .int("blocksize", 2)).outputDims(), [1, 2, 4, 6])
  }

  func testSplit() throws {
    var builder = ModelBuilder(opset: 18)
    builder.input("x", [7])
    builder.node("Split", ["x"], ["a", "b", "c"], .int("num_outputs", 3))
    for name in ["a", "b", "c"] { builder.output(name) }
    XCTAssertEqual(try Engine(graph: builder.graph()).run([ramp([7])]).map(\.count), [3, 3, 1])
  }

  func testReductions() throws {
    XCTAssertEqual(try floats(.single("ReduceMean", [2, 3], .ints("axes", [-1]), .int("keepdims", 0))), [-1, 2])
    XCTAssertEqual(try floats(.single("ReduceSum", [2, 3], integers: [[0]])), [-1, 1, 3])
    XCTAssertEqual(try ModelBuilder.single("ReduceMax", [2, 3], .int("noop_with_empty_axes", 1)).outputDims(), [2, 3])
    XCTAssertEqual(
      try ModelBuilder.single("ArgMax", [2, 3], .int("axis", 1)).run([x]), Tensor([2, 1], [2, 2] as [Int64]))
  }

  func testResize() throws {
    let row = tensor([1, 1, 1, 2], [1, 2])
    XCTAssertEqual(
      try floats(.single("Upsample", [1, 1, 1, 2], constants: [([4], [1, 1, 1, 2])], opset: 9), [row]), [1, 1, 2, 2])
    var builder = ModelBuilder()
    builder.input("x", [1, 1, 1, 2])
    builder.integers("sizes", [1, 1, 1, 3])
    builder.node(
      "Resize", ["x", "", "", "sizes"], ["y"], .string("mode", "linear"),
      .string("coordinate_transformation_mode", "align_corners"))
    builder.output("y")
    XCTAssertEqual(try floats(builder, [row]), [1, 1.5, 2])
  }

  func testOutputsThatNoNodeComputes() throws {
    var builder = ModelBuilder()
    builder.input("x", [3])
    builder.constant("c", [2], [1, 2])
    builder.node("Identity", ["x"], ["alias"])
    builder.node("Dropout", ["x"], ["dropped", "mask"])
    for name in ["alias", "dropped", "c", "x"] { builder.output(name) }
    let engine = try Engine(graph: builder.graph())
    XCTAssertEqual(engine.outputs.map(\.name), ["alias", "dropped", "c", "x"])
    XCTAssertEqual(try engine.run([ramp([3])]), [ramp([3]), ramp([3]), tensor([2], [1, 2]), ramp([3])])
  }

  func testIntegersAreComputedAtImport() throws {
    var builder = ModelBuilder()
    builder.input("x", [2, 3])
    builder.integers("seven", [], [7])
    builder.integers("two", [], [-2])
    builder.integers("zero", [], [0])
    builder.node("Div", ["seven", "two"], ["quotient"])
    builder.node("Mod", ["seven", "two"], ["rest"])
    builder.node("Range", ["zero", "seven", "rest"], ["none"])
    builder.node("Less", ["two", "zero"], ["isLess"])
    builder.node("Where", ["isLess", "quotient", "seven"], ["chosen"])
    for name in ["quotient", "rest", "none", "chosen"] { builder.output(name) }
    let results = try Engine(graph: builder.graph()).run([x])
    XCTAssertEqual(results.map { $0.int64s }, [[-3], [-1], [], [-3]])
  }
}
