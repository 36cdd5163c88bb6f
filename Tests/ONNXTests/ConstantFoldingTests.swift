import PrefactorEngine
import PrefactorGraph
import PrefactorModelFormat
import XCTest

@testable import PrefactorONNX

/// What follows from constants alone is a constant, also where only the runtime computes it.
final class ConstantFoldingTests: XCTestCase {
  /// A layer with the weights that nodes make of `c`, [2, 3]. The input has the numbers of the identity, and so the
  /// output those of the weights.
  private func weights(_ build: (inout ModelBuilder) -> Void) throws -> Tensor {
    var builder = ModelBuilder()
    builder.input("x", [2, 2])
    builder.constant("c", [2, 3], [-2, -1, 0, 1, 2, 3])
    build(&builder)
    builder.node("MatMul", ["x", "w"], ["y"])
    builder.output("y")
    let graph = try builder.graph()
    XCTAssertEqual(graph.nodes.map(\.operation.name.description), ["fully-connected"])
    XCTAssertEqual(graph.layers.map(\.name), ["y"])
    return try Engine(graph: graph).run([tensor([2, 2], [1, 0, 0, 1])])[0]
  }

  func testWeightsOfOneNode() throws {
    XCTAssertEqual(try weights { $0.node("Relu", ["c"], ["w"]) }, tensor([2, 3], [0, 0, 0, 1, 2, 3]))
    XCTAssertEqual(
      try weights {
        $0.node("ReduceSumSquare", ["c"], ["s"])
        $0.node("Mul", ["c", "s"], ["w"])
      }, tensor([2, 3], [-38, -19, 0, 19, 38, 57]))
    XCTAssertEqual(
      try weights {
        $0.constant("low", [], [-1])
        $0.node("Clip", ["c", "low"], ["w"])
      }, tensor([2, 3], [-1, -1, 0, 1, 2, 3]))
    XCTAssertEqual(
      try weights {
        $0.integers("repeats", [1, 2])
        $0.node("Tile", ["c", "repeats"], ["w"])
      }, tensor([2, 6], [-2, -1, 0, -2, -1, 0, 1, 2, 3, 1, 2, 3]))
    // A product of constants is no layer.
    XCTAssertEqual(
      try weights {
        $0.constant("d", [3, 2], [1, 0, 0, 1, 0, 0])
        $0.node("MatMul", ["c", "d"], ["w"])
      }, tensor([2, 2], [-2, -1, 1, 2]))
    XCTAssertEqual(
      try weights {
        $0.constant("zero", [], [0])
        $0.node("Greater", ["c", "zero"], ["m"])
        $0.node("Where", ["m", "c", "zero"], ["w"])
      }, tensor([2, 3], [0, 0, 0, 1, 2, 3]))
  }

  /// Lengths 3 and 5, which are square roots of whole numbers.
  func testWeightNorm() throws {
    let result = try weights {
      $0.constant("v", [2, 3], [2, -1, 2, 0, 3, 4])
      $0.integers("axes", [1])
      $0.constant("g", [2, 1], [6, 10])
      $0.node("Mul", ["v", "v"], ["v2"])
      $0.node("ReduceSum", ["v2", "axes"], ["s"])
      $0.node("Sqrt", ["s"], ["length"])
      $0.node("Div", ["v", "length"], ["u"])
      $0.node("Mul", ["u", "g"], ["w"])
    }
    for (got, expected) in zip(result.floats, [4, -2, 4, 0, 6, 8]) {
      XCTAssertEqual(got, Float(expected), accuracy: 1e-6)
    }
  }

  /// What is much larger than what it is made from stays a node where it is only computed with, and is a constant where
  /// it has to be.
  func testLargeResults() throws {
    var builder = ModelBuilder()
    builder.input("x", [1, 1 << 17])
    builder.constant("c", [1, 1], [-3])
    builder.integers("repeats", [1, 1 << 17])
    builder.node("Tile", ["c", "repeats"], ["t"])
    builder.node("Neg", ["t"], ["n"])
    builder.node("Add", ["x", "n"], ["y"])
    builder.output("y")
    XCTAssertEqual(try builder.graph().constants.values.map(\.count).max(), 1)
    builder.integers("column", [1 << 17, 1])
    builder.node("Reshape", ["n", "column"], ["w"])
    builder.node("MatMul", ["x", "w"], ["z"])
    builder.output("z")
    let results = try Engine(graph: builder.graph()).run([tensor([1, 1 << 17], Array(repeating: 1, count: 1 << 17))])
    XCTAssertEqual(results[0].floats, Array(repeating: 4, count: 1 << 17))
    XCTAssertEqual(results[1].floats, [3 * Float(1 << 17)])
  }

  /// Hours of work, and gigabytes, of a model of half a kilobyte.
  func testLimits() {
    func error(_ dims: [Int64], _ build: (inout ModelBuilder) -> Void) -> String {
      var builder = ModelBuilder()
      builder.input("x", [1, Int(dims[1]), 4])
      builder.integers("size", dims)
      builder.node("ConstantOfShape", ["size"], ["c"])
      build(&builder)
      builder.integers("filters", dims + [1])
      builder.node("Reshape", ["d", "filters"], ["w"])
      builder.node("Conv", ["x", "w"], ["y"])
      builder.output("y")
      return builder.importError()
    }
    let limit =
      "input 'w' must be a constant, and what it is computed from is too little for one so large or for so much work"
    XCTAssert(error([1 << 12, 1 << 12]) { $0.node("MatMul", ["c", "c"], ["d"]) }.contains(limit))
    XCTAssert(
      error([1 << 12, 1 << 12]) {
        $0.node("Relu", ["c"], ["r"])
        $0.node("Relu", ["r"], ["d"])
      }.contains(limit))
  }

  func testRandomNumbersAreRefused() {
    var builder = ModelBuilder()
    builder.input("x", [2, 2])
    builder.node("RandomNormal", [], ["w"], .ints("shape", [2, 2]))
    builder.node("MatMul", ["x", "w"], ["y"])
    builder.output("y")
    XCTAssertEqual(builder.importError(), "node 'w' (RandomNormal): the operator is not supported")
  }
}
