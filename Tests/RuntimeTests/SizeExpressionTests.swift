import PrefactorGraph
import PrefactorModelFormat
import XCTest

/// What each operation gives, and where there is nothing that it could give.
final class SizeExpressionTests: XCTestCase {
  func testIntegers() {
    for (a, b, quotient, rest) in [
      (7, 2, 3, 1), (-7, 2, -4, 1), (7, -2, -4, -1), (-7, -2, 3, -1), (6, -3, -2, 0), (0, 5, 0, 0), (-6, 3, -2, 0),
    ] {
      XCTAssertEqual(integer(.floorDivide, a, b), Int64(quotient), "\(a) / \(b)")
      XCTAssertEqual(integer(.modulo, a, b), Int64(rest), "\(a) mod \(b)")
    }
    XCTAssertEqual(integer(.add, 1 << 40, -1), 1 << 40 - 1)
    XCTAssertEqual(integer(.subtract, 3, 10), -7)
    XCTAssertEqual(integer(.multiply, -3, 1 << 40), -3 << 40)
    XCTAssertEqual(integer(.minimum, -3, 2), -3)
    XCTAssertEqual(integer(.maximum, -3, 2), 2)
  }

  func testWhatHasNoValue() {
    XCTAssertEqual(reason(.add, .max, 1), "overflows")
    XCTAssertEqual(reason(.subtract, .min + 2, 3), "overflows")
    XCTAssertEqual(reason(.multiply, 1 << 32, 1 << 32), "overflows")
    XCTAssertEqual(reason(.floorDivide, 1, 0), "divides by zero")
    XCTAssertEqual(reason(.modulo, 1, 0), "divides by zero")
    // The numbers that stand for reasons are no results.
    XCTAssertEqual(reason(.subtract, .min + 2, 1), "overflows")
    XCTAssertEqual(integer(.multiply, .max - 1, -1), 1 - .max)
    XCTAssertEqual(value([.float(0x1p63), SizeExpression(.floatToInteger, 0)]).reason.description, "overflows")
    XCTAssertEqual(value([.float(-.infinity), SizeExpression(.floatToInteger, 0)]).reason.description, "overflows")
  }

  /// The reason is handed on, but by a choice that does not take it.
  func testReasonsAreHandedOn() {
    func choice(_ condition: Int64) -> SizeValue {
      value([
        .integer(0), .integer(condition), SizeExpression(.floorDivide, 1, 0), SizeExpression(.whereNegative, 1, 0, 2),
        SizeExpression(.add, 3, 0),
      ])
    }
    XCTAssertEqual(choice(-1).integer, 0)
    XCTAssertEqual(choice(1).reason.description, "divides by zero")
  }

  func testFloats() {
    func float(_ operation: SizeOperation, _ a: Float, _ b: Float = 0) -> Float {
      value([.float(a), .float(b), SizeExpression(operation, 0, 1)]).float
    }
    XCTAssertEqual(float(.floatAdd, 0x1p24, 1), 0x1p24, "float32, not more")
    XCTAssertEqual(float(.floatSubtract, 1, 3), -2)
    XCTAssertEqual(float(.floatMultiply, 10, 0.7), 10 * Float(0.7))
    XCTAssertEqual(float(.floatDivide, 1, 3), 1 / Float(3))
    XCTAssertEqual(float(.floatFloor, -1.5), -2)
    XCTAssertEqual(float(.floatCeiling, -1.5), -1)
    for (x, rounded) in [(0.5, 0), (1.5, 2), (2.5, 2), (-0.5, 0), (-1.5, -2)] as [(Float, Float)] {
      XCTAssertEqual(float(.floatRound, x), rounded)
    }
    XCTAssertEqual(float(.floatSquareRoot, 2), Float(2).squareRoot())
    XCTAssertEqual(float(.floatMinimum, 1, 2), 1)
    XCTAssertEqual(float(.floatMaximum, 1, 2), 2)
    XCTAssert(float(.floatMinimum, .nan, 2).isNaN && float(.floatMaximum, 2, .nan).isNaN)
    XCTAssertEqual(value([.integer(1 << 24 + 1), SizeExpression(.integerToFloat, 0)]).float, 0x1p24)
    for (x, integer) in [(1.9, 1), (-1.9, -1), (.nan, 0)] as [(Float, Int64)] {
      XCTAssertEqual(value([.float(x), SizeExpression(.floatToInteger, 0)]).integer, integer)
    }
  }

  func testConstantsAndSymbols() {
    for number in [0, 1, -1, 1 << 33, -(1 << 33), .max] as [Int64] {
      XCTAssertEqual(value([.integer(number)]).integer, number)
    }
    XCTAssertEqual(value([.integer(.min)]).integer, .min + 2)
    XCTAssertEqual(value([.symbol(0)], symbol: 17).integer, 17)
  }

  private func integer(_ operation: SizeOperation, _ a: Int, _ b: Int) -> Int64 {
    let result = value([.integer(Int64(a)), .integer(Int64(b)), SizeExpression(operation, 0, 1)])
    XCTAssert(result.isDefined)
    return result.integer
  }

  private func reason(_ operation: SizeOperation, _ a: Int64, _ b: Int64) -> String {
    let result = value([.integer(a), .integer(b), SizeExpression(operation, 0, 1)])
    XCTAssertFalse(result.isDefined)
    return result.reason.description
  }

  private func value(_ expressions: [SizeExpression], symbol: Int = 1) -> SizeValue {
    var graph = Graph()
    _ = graph.symbol(named: "n", .other)
    graph.expressions = expressions
    return graph.sizes(Binding(sizes: [0: symbol])).last!
  }
}
