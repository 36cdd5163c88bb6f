import PrefactorGraph
import PrefactorModelFormat
import XCTest

@testable import PrefactorONNX

/// Comparisons and choices of what is computed while a network runs.
final class LogicTests: XCTestCase {
  private let x = tensor([2, 3], [-2, .nan, 0, 1, -.infinity, 3])

  private func run(_ inputs: [Tensor], _ build: (inout ModelBuilder) -> Void) throws -> Tensor {
    var builder = ModelBuilder()
    builder.input("x", inputs[0].dims)
    build(&builder)
    if builder.model.graph.output.isEmpty { builder.output("y") }
    return try builder.run(inputs)
  }

  /// As the int64 of an output that is declared as Boolean.
  private func truth(_ type: String, _ constant: Float = 0) throws -> [Int64] {
    try run([x]) {
      $0.constant("c", [], [constant])
      $0.node(type, ["x", "c"], ["y"])
      $0.booleanOutput("y")
    }.int64s
  }

  func testComparisons() throws {
    XCTAssertEqual(try truth("Equal"), [0, 0, 1, 0, 0, 0])
    XCTAssertEqual(try truth("Less"), [1, 0, 0, 0, 1, 0])
    XCTAssertEqual(try truth("LessOrEqual"), [1, 0, 1, 0, 1, 0])
    XCTAssertEqual(try truth("Greater"), [0, 0, 0, 1, 0, 1])
    XCTAssertEqual(try truth("GreaterOrEqual"), [0, 0, 1, 1, 0, 1])
    XCTAssertEqual(try truth("Equal", -.infinity), [0, 0, 0, 0, 1, 0])
  }

  func testBooleans() throws {
    for (type, expected) in [("And", [0, 0, 0, 1, 0, 0]), ("Or", [1, 1, 0, 1, 1, 1]), ("Xor", [1, 1, 0, 0, 1, 1])]
      as [(String, [Int64])]
    {
      let result = try run([x]) {
        $0.constant("zero", [], [0])
        $0.integers("known", [1, 1, 0])
        $0.node("Greater", ["x", "zero"], ["positive"])
        $0.node("Cast", ["known"], ["mask"], .int("to", 9))
        $0.node(type, ["positive", "mask"], ["y"])
        $0.booleanOutput("y")
      }
      XCTAssertEqual(result.int64s, expected, type)
    }
    XCTAssertEqual(
      try run([x]) {
        $0.node("IsNaN", ["x"], ["n"])
        $0.node("Not", ["n"], ["y"])
        $0.booleanOutput("y")
      }.int64s, [1, 0, 1, 1, 1, 1])
    XCTAssertEqual(
      try run([x]) {
        $0.node("IsInf", ["x"], ["y"], .int("detect_positive", 0))
        $0.booleanOutput("y")
      }.int64s, [0, 0, 0, 0, 1, 0])
    XCTAssertEqual(
      try run([x]) {
        $0.node("Cast", ["x"], ["y"], .int("to", 9))
        $0.booleanOutput("y")
      }.int64s, [1, 1, 0, 1, 1, 1])
  }

  /// Of what is not taken neither NaN nor infinity is seen, and what is taken keeps the sign of its zero.
  func testChoices() throws {
    let result = try run([x]) {
      $0.constant("other", [3], [-0.0, 7, 0])
      $0.node("IsNaN", ["x"], ["missing"])
      $0.node("IsInf", ["x"], ["infinite"])
      $0.node("Or", ["missing", "infinite"], ["bad"])
      $0.node("Where", ["bad", "other", "x"], ["y"])
    }
    XCTAssertEqual(result.floats, [-2, 7, 0, 1, 7, 3])
    let zeros = try run([tensor([1, 3], [5, -0.0, 5])]) {
      $0.constant("five", [], [5])
      $0.constant("zero", [3], [-0.0, 1, 0])
      $0.node("Equal", ["x", "five"], ["isFive"])
      $0.node("Where", ["isFive", "zero", "x"], ["y"])
    }
    XCTAssertEqual(zeros.floats.map(\.sign), [.minus, .minus, .plus])
  }

  func testChoicesOfIntegers() throws {
    let result = try run([x]) {
      $0.constant("zero", [], [0])
      $0.integers("seven", [], [7])
      $0.integers("others", [1, 2, 3])
      $0.node("Less", ["x", "zero"], ["isLess"])
      $0.node("Where", ["isLess", "seven", "others"], ["y"])
    }
    XCTAssertEqual(result, Tensor([2, 3], [7, 2, 3, 1, 7, 3] as [Int64]))
    XCTAssertThrowsError(
      try run([x]) {
        $0.constant("zero", [], [0])
        $0.integers("large", [], [1 << 40])
        $0.node("Less", ["x", "zero"], ["isLess"])
        $0.node("Where", ["isLess", "large", "large"], ["y"])
      }
    ) { XCTAssert("\($0)".hasPrefix("node 'y' (Where): integers are only chosen"), "\($0)") }
  }

  /// Above 2²⁴ not all integers are float32 numbers.
  func testIntegersAreComparedAsSuch() throws {
    var builder = ModelBuilder()
    builder.input("x", [3], type: .int32)
    builder.integers("c", [1 << 24])
    builder.node("Greater", ["x", "c"], ["y"])
    builder.booleanOutput("y")
    XCTAssertEqual(try builder.run([Tensor([3], [1 << 24, 1 << 24 + 1, -5] as [Int64])]).int64s, [0, 1, 0])
  }

  func testBooleanInputs() throws {
    var builder = ModelBuilder()
    builder.input("mask", [3], type: .bool)
    builder.input("x", [3])
    builder.constant("low", [], [-9])
    builder.node("Not", ["mask"], ["other"])
    builder.node("Where", ["other", "low", "x"], ["y"])
    builder.output("y")
    XCTAssertEqual(
      try builder.run([Tensor([3], [1, 0, 1] as [Int64]), tensor([3], [1, .nan, 3])]).floats, [1, -9, 3])
  }

  /// What follows from a size need not be an integer: the fuzzer's model that trapped.
  func testNotOfASizeAsAFloat() throws {
    var builder = ModelBuilder()
    builder.input("x", ["N", 3, "H", "W"])
    builder.integers("height", [2])
    builder.node("Shape", ["x"], ["shape"])
    builder.node("Gather", ["shape", "height"], ["size"])
    builder.node("Cast", ["size"], ["float"], .int("to", 1))
    builder.node("Not", ["float"], ["y"])
    builder.output("y")
    XCTAssertEqual(try builder.outputDims(Binding(batch: 1, height: 5, width: 5)), [1])
  }

  func testBooleanOutputsAreRecorded() throws {
    var builder = ModelBuilder.single("IsNaN", [2])
    builder.model.graph.output[0].type.tensorType.elemType = DataType.bool.rawValue
    XCTAssertEqual(try builder.graph().metadata.first { $0.key == "onnx.output_type.y" }?.value, "bool")
  }
}

extension ModelBuilder {
  fileprivate mutating func booleanOutput(_ name: String) {
    model.graph.output.append(.with { ($0.name, $0.type.tensorType.elemType) = (name, DataType.bool.rawValue) })
  }
}
