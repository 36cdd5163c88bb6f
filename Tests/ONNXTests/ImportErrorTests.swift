import PrefactorEngine
import PrefactorGraph
import XCTest

@testable import PrefactorONNX

/// Every model that cannot be imported gives a message, and none a crash.
final class ImportErrorTests: XCTestCase {
  func testMessagesNameNodeOperatorAndWhatIsMissing() {
    var builder = ModelBuilder()
    builder.input("x", [1, 2, 5, 5, 5])
    builder.constant("w", [4, 2, 3, 3, 3], ramp([4, 2, 3, 3, 3]).floats)
    builder.node("Conv", ["x", "w"], ["y"], name: "conv5")
    builder.output("y")
    XCTAssertEqual(builder.importError(), "node 'conv5' (Conv): 3-D convolution is not supported")
  }

  func testUnsupported() {
    let image: [Any] = [1, 4, 8, 8]
    let weights: [([Int], [Float])] = [([4, 4, 3, 3], ramp([4, 4, 3, 3]).floats)]
    let cases: [(ModelBuilder, String)] = [
      (.single("Loop", [1]), "the operator is not supported"),
      (.single("Relu", [1], .int("fancy", 1)), "attribute 'fancy'"),
      (.single("Relu", [1], opset: 6), "opset 6"), (.single("Relu", [1], opset: 99), "opset 99"),
      (.single("Pad", [1], .string("mode", "wrap"), integers: [[1, 1]]), "mode 'wrap'"),
      (.single("Resize", image, .string("mode", "cubic")), "mode 'cubic'"),
      (.single("Resize", image, .int("antialias", 1), opset: 18), "antialias"),
      (.single("Conv", image, .ints("strides", [0, 1]), constants: weights), "strides"),
      (.single("Conv", image, .ints("pads", [1]), constants: weights), "pads"),
      (.single("Conv", image, .string("auto_pad", "SOME"), constants: weights), "auto_pad 'SOME'"),
      (.single("Conv", image, .int("group", 0), constants: weights), "(Conv)"),
      (.single("Conv", image, .int("group", 3), constants: weights), "(Conv)"),
      (.single("Conv", image, .ints("kernel_shape", [5, 5]), constants: weights), "kernel_shape"),
      (.single("Conv", image, .ints("dilations", [1 << 40, 1]), constants: weights), "dilations"),
      (.single("Conv", [1, 4, 2, 2], constants: weights), "(Conv)"),
      (.single("Conv", image, constants: [([4, 4, 3], ramp([4, 4, 3]).floats)]), "rank"),
      (.single("Conv", [1, 3, "h", 8], constants: [([0, 3, 3, 3], [])]), "input 1 has no elements"),
      (.single("MatMul", ["n", 3], constants: [([3, 0], [])]), "input 1 has no elements"),
      (
        .single("Conv", [1 << 30, "c", 1 << 20, 1 << 20], constants: [([4, 4, 1, 1], ramp([4, 4, 1, 1]).floats)]),
        "too many elements"
      ),
      (.single("ConvTranspose", image, .ints("strides", [4096, 4096]), constants: weights), "strides"),
      (
        .single(
          "ConvTranspose", [1, 4, 1, 1 << 28], .ints("strides", [1, 1024]), .ints("output_shape", [3, 3]),
          constants: weights), "output_shape"
      ),
      (.single("MaxPool", image), "kernel_shape"),
      (.single("MaxPool", image, .ints("kernel_shape", [2, 2, 2])), "3-D"),
      (.single("Transpose", [1, 2], .ints("perm", [0, 0])), "perm"),
      (.single("Softmax", [1, 2], .int("axis", 2)), "axis 2"),
      (.single("Reshape", [2, 3], integers: [[-1, -1]]), "shape"),
      (.single("Reshape", [2, 3], integers: [[4, 2]]), "(Reshape)"),
      (.single("Reshape", [2, 3], integers: [[1 << 40, 1 << 40]]), "(Reshape)"),
      (.single("Expand", [2], integers: [[1 << 62, 2]]), "(Expand)"),
      (.single("Tile", [2], integers: [[1 << 40]]), "(Tile)"), (.single("ConstantOfShape", [2]), "must be a constant"),
      (.single("Slice", [2, 3], integers: [[0], [1], [0], [0]]), "steps"),
      (.single("Gather", [2, 3], integers: [[5]]), "index 5"),
      (.single("Cast", [2], .int("to", 2)), "cast to uint8"), (.single("Cast", [2], .int("to", 77)), "number 77"),
      (.single("Add", [2, 3], constants: [([4], [1, 2, 3, 4])]), "(Add)"), (.single("Add", [2]), "input 1 is missing"),
      (.single("Unsqueeze", [1, 1, 1, 1, 1, 1, 1, 1], integers: [[0]]), "rank 9"),
      (.single("Relu", Array(repeating: 1, count: 9)), "9 dimensions"),
      (.single("Relu", [-2]), "dimension of -2"), (.single("Relu", [1 << 30, 1 << 30, 1 << 30]), "not supported"),
    ]
    for (builder, message) in cases {
      XCTAssert(
        builder.importError().contains(message),
        "\(builder.model.graph.node[0].opType): '\(builder.importError())' is not about '\(message)'")
    }
  }

  /// Half a kilobyte that would take gigabytes.
  func testConstantsFoldedAtImportAreLimitedInTotal() {
    var builder = ModelBuilder()
    builder.input("x", [1])
    builder.integers("size", [1 << 25])
    for index in 0..<20 { builder.node("ConstantOfShape", ["size"], ["c\(index)"]) }
    builder.output("x")
    XCTAssert(
      builder.importError().contains("node 'c1' (ConstantOfShape): a constant of the dimensions [33554432]"),
      builder.importError())

    builder = ModelBuilder()
    builder.input("x", [1])
    builder.integers("c0", [1])
    for index in 0..<40 { builder.node("Concat", ["c\(index)", "c\(index)"], ["c\(index + 1)"], .int("axis", 0)) }
    builder.output("x")
    XCTAssert(builder.importError().contains("(Concat): a constant of the dimensions"), builder.importError())
  }

  /// Large weights may be computed with.
  func testTheBudgetGrowsWithTheWeights() {
    let budget = FoldingBudget()
    XCTAssertFalse(budget.take((1 << 25) + 1))
    budget.give(1 << 20)
    XCTAssertTrue(budget.take((1 << 25) + (1 << 24)))
    XCTAssertFalse(budget.take(1))
    budget.give(.max)
    XCTAssertTrue(budget.take(1 << 62))
  }

  func testRecordsOfLayersWithNegativeCounts() {
    XCTAssertNil(
      LayerRecord(
        [("layer", "a"), ("macs_before", "-1"), ("bytes_before", "5")].map { key, value in
          .with { ($0.key, $0.value) = ("prefactor." + key, value) }
        }))
  }

  func testValuesThatAreNotDefined() {
    var builder = ModelBuilder()
    builder.input("x", [1])
    builder.node("Add", ["x", "b"], ["a"])
    builder.node("Relu", ["a"], ["b"])
    builder.output("b")
    XCTAssertEqual(builder.importError(), "node 'a' (Add): 'b' is not computed by any node before")
    builder.model.graph.node[0].input = ["x", "x"]
    builder.node("Relu", ["x"], ["a"])
    XCTAssert(builder.importError().contains("'a' is defined twice"), builder.importError())
    builder.model.graph.node.removeLast()
    builder.output("c")
    XCTAssertEqual(builder.importError(), "output 'c': 'c' is not computed by any node before")
  }

  func testOutputsThatAreNotSupportedMatterOnlyWhereTheyAreUsed() throws {
    var builder = ModelBuilder()
    builder.input("x", [3])
    builder.node("Dropout", ["x"], ["y", "mask"], name: "drop")
    builder.output("y")
    XCTAssertNoThrow(try builder.graph())
    builder.output("mask")
    XCTAssertEqual(
      builder.importError(), "output 'mask': 'mask' is an output of node 'drop' (Dropout) that is not supported")
  }

  func testInputs() {
    var builder = ModelBuilder()
    builder.input("x", [3], type: .string)
    XCTAssertEqual(builder.importError(), "input 'x': elements of type string are not supported")
    builder.model.graph.input[0].type.tensorType.clearShape()
    XCTAssertEqual(builder.importError(), "input 'x' has no shape")
    builder.model.graph.input[0].clearType()
    XCTAssertEqual(builder.importError(), "input 'x' is not a tensor")
  }

  func testConstantsStaySmall() {
    var builder = ModelBuilder()
    builder.integers("shape", [1 << 15, 1 << 15])
    builder.node("ConstantOfShape", ["shape"], ["y"])
    builder.output("y")
    XCTAssert(builder.importError().contains("too large"), builder.importError())
  }

  func testTruncatedAndAlteredBytes() throws {
    let builder = ModelBuilder.single(
      "Conv", [1, 4, 8, 8], .ints("pads", [1, 1, 1, 1]), constants: [([4, 4, 3, 3], ramp([4, 4, 3, 3]).floats)])
    let bytes: [UInt8] = try builder.model.serializedBytes()
    for count in 0..<bytes.count { attempt(Array(bytes[..<count])) }
    for place in bytes.indices where place % 3 == 0 || place < 80 {
      for value: UInt8 in [0, 1, 0x7F, 0x80, 0xFF] {
        var altered = bytes
        altered[place] = value
        attempt(altered)
      }
    }
  }

  /// Only a crash would fail.
  private func attempt(_ bytes: [UInt8]) {
    guard let model = try? Onnx_ModelProto(serializedBytes: bytes) else { return }
    _ = try? importModel(model)
  }

  func testFiles() throws {
    XCTAssertThrowsError(try importONNX(path: "/missing.onnx")) {
      XCTAssert("\($0)".hasPrefix("/missing.onnx: cannot be read"))
    }
    let url = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
    try Data("no model".utf8).write(to: url)
    defer { try? FileManager.default.removeItem(at: url) }
    XCTAssertThrowsError(try importONNX(path: url.path)) {
      XCTAssertEqual("\($0)", "\(url.path): is not an ONNX model, or is cut short")
    }
  }
}
