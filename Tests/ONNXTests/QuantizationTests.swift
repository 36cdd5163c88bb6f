import PrefactorEngine
import PrefactorGraph
import PrefactorModelFormat
import XCTest

@testable import PrefactorONNX

/// Weights that are stored as integers.
final class QuantizationTests: XCTestCase {
  private struct Integers {
    var name: String, type: DataType, dims: [Int], values: [Int32]
  }

  /// The weights of a layer whose input is the identity, of as many rows as the weights.
  private func weights(
    _ integers: [Integers], scale: ([Int], [Float]), _ attributes: [(String, Int32)] = [], rows: Int = 2,
    opset: Int64 = 21,
    between: (inout ModelBuilder) -> Void = { $0.node("Identity", ["q"], ["p"]) }
  ) throws -> [Float] {
    var builder = ModelBuilder(opset: opset)
    builder.input("x", [rows, rows])
    for tensor in integers {
      builder.model.graph.initializer.append(
        .with {
          ($0.name, $0.dims, $0.dataType, $0.int32Data) = (
            tensor.name, tensor.dims.map(Int64.init), tensor.type.rawValue, tensor.values
          )
        })
    }
    builder.constant("s", scale.0, scale.1)
    between(&builder)
    builder.model.graph.node.append(
      .with {
        ($0.opType, $0.output) = ("DequantizeLinear", ["w"])
        $0.input = ["p", "s"] + (integers.contains { $0.name == "z" } ? ["z"] : [])
        $0.attribute = attributes.map { .int($0.0, $0.1) }
      })
    builder.node("MatMul", ["x", "w"], ["y"])
    builder.output("y")
    let graph = try builder.graph()
    XCTAssertEqual(graph.nodes.count, 1)
    let identity = (0..<rows * rows).map { Float($0 % (rows + 1) == 0 ? 1 : 0) }
    return try Engine(graph: graph).run([tensor([rows, rows], identity)])[0].floats
  }

  private let bytes = Integers(name: "q", type: .int8, dims: [2, 3], values: [-128, -1, 0, 1, 2, 127])

  func testOneScale() throws {
    XCTAssertEqual(try weights([bytes], scale: ([], [0.5])), [-64, -0.5, 0, 0.5, 1, 63.5])
    let zero = Integers(name: "z", type: .int8, dims: [1], values: [2])
    XCTAssertEqual(try weights([bytes, zero], scale: ([1], [2]), opset: 10), [-260, -6, -4, -2, 0, 250])
    let unsigned = Integers(name: "q", type: .uint8, dims: [2, 3], values: [0, 128, 255, 1, 2, 3])
    let middle = Integers(name: "z", type: .uint8, dims: [], values: [128])
    XCTAssertEqual(try weights([unsigned, middle], scale: ([], [1])), [-128, 0, 127, -127, -126, -125])
    let wide = Integers(name: "q", type: .int32, dims: [2, 1], values: [.max, -(1 << 24)])
    XCTAssertEqual(try weights([wide], scale: ([], [0x1p-24])), [128, -1])
  }

  func testAScaleForEachIndexOfAnAxis() throws {
    let rows = Integers(name: "z", type: .int8, dims: [2], values: [0, 1])
    XCTAssertEqual(try weights([bytes, rows], scale: ([2], [1, 10]), [("axis", 0)]), [-128, -1, 0, 0, 10, 1260])
    XCTAssertEqual(try weights([bytes], scale: ([3], [1, 2, 3]), [("axis", -1)]), [-128, -2, 0, 1, 4, 381])
    // The axis is 1 unless it is said.
    XCTAssertEqual(try weights([bytes], scale: ([3], [1, 2, 3])), [-128, -2, 0, 1, 4, 381])
  }

  func testBlocks() throws {
    XCTAssertEqual(
      try weights([bytes], scale: ([2, 2], [1, 2, 3, 4]), [("axis", 1), ("block_size", 2)]), [-128, -1, 0, 3, 6, 508])
    XCTAssertEqual(
      try weights([bytes], scale: ([1, 3], [1, 2, 3]), [("axis", 0), ("block_size", 2)]), [-128, -2, 0, 1, 4, 381])
  }

  func testMovedBefore() throws {
    let transposed = try weights([bytes], scale: ([3], [1, 2, 3]), [("axis", 0)], rows: 3) {
      $0.node("Transpose", ["q"], ["p"])
    }
    XCTAssertEqual(transposed, [-128, 1, -2, 4, 0, 381])
    let reshaped = try weights([bytes], scale: ([3], [1, 2, 3]), [("axis", 0)], rows: 3) {
      $0.integers("shape", [3, 2])
      $0.node("Reshape", ["q", "shape"], ["p"])
    }
    XCTAssertEqual(reshaped, [-128, -1, 0, 2, 6, 381])
  }

  func testScalesThatDoNotFit() {
    for (scale, attributes) in [
      (([2], [1, 2]), []), (([2], [1, 2]), [("axis", 2)]), (([2, 3], [1, 1, 1, 1, 1, 1]), [("block_size", 2)]),
    ] as [(([Int], [Float]), [(String, Int32)])] {
      XCTAssertThrowsError(try weights([bytes], scale: scale, attributes)) {
        XCTAssert("\($0)".hasPrefix("node 'w' (DequantizeLinear): "), "\($0)")
      }
    }
  }
}
