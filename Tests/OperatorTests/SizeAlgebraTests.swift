import PrefactorModelFormat
import PrefactorTestSupport
import XCTest

@testable import PrefactorGraph

final class SizeAlgebraTests: XCTestCase {
  private let h = Size.symbol(0), w = Size.symbol(1)

  private func half(_ size: Size) -> Size { size.floorDivided(by: Size(2)) }

  func testEqualSizesAreEqualValues() {
    XCTAssertEqual(half(h * 2), h)
    XCTAssertEqual(half(h - 1) + 1, half(h + 1))
    XCTAssertEqual(half(half(h)), h.floorDivided(by: Size(4)))
    XCTAssertEqual(half(half(h + 1) + 1), (h + 3).floorDivided(by: Size(4)))
    XCTAssertEqual(h.ceilingDivided(by: Size(32)), (h + 31).floorDivided(by: Size(32)))
    XCTAssertEqual(
      (0..<8).reduce(h) { size, _ in size.ceilingDivided(by: Size(2)) }, (h + 255).floorDivided(by: Size(256)))
    XCTAssertEqual((h - half(h)).floorDivided(by: Size(3)), (h + 1).floorDivided(by: Size(6)))
    XCTAssertEqual((h * 3).floorDivided(by: Size(2)), h + half(h))
    XCTAssertEqual(h + (Size(32) - h.modulo(Size(32))).modulo(Size(32)), h.ceilingDivided(by: Size(32)) * 32)
    XCTAssertEqual((h * w * 6).floorDivided(by: h * 2), w * 3)
    XCTAssertEqual((h * w + h * 2).exactQuotient(by: w + 2), h)
    XCTAssertNil((h * w + 1).exactQuotient(by: w))
    XCTAssertEqual(Size.maximum(h, w), Size.maximum(w, h))
    XCTAssertEqual(Size.minimum(h, Size(400)) + Size.maximum(h, Size(400)), h + 400)
    XCTAssertNotEqual(half(h) * 2, h)
    XCTAssertNotEqual(h, w)
  }

  func testWhatIsSettledIsANumber() {
    XCTAssertEqual(Size.maximum(h, Size(1)), h)
    XCTAssertEqual(Size.minimum(h.modulo(Size(8)), Size(7)), h.modulo(Size(8)))
    XCTAssertEqual(h.modulo(Size(8)).floorDivided(by: Size(8)).constant, 0)
    XCTAssertEqual(h.isLess(than: Size(1)).constant, 0)
    XCTAssertEqual((h + w).isEqual(to: w + h).constant, 1)
    XCTAssertEqual((h - h).constant, 0)
    XCTAssertEqual(Size.select(h.isEqual(to: Size(0)), w, h), h)
    XCTAssertEqual(Size.whereNegative(h - w, w, h), Size.maximum(h, w))
    XCTAssertEqual(Size.minimum(h, Size(400)).bounds, SizeBounds(1, 400))
    XCTAssertEqual(h.modulo(Size(32)).bounds, SizeBounds(0, 31))
    XCTAssertEqual((h - half(h)).bounds, SizeBounds(1, SizeBounds.openDimension.upper / 2))
    XCTAssertEqual((half(h) * 3 - h).bounds.lower, -1)
  }

  func testFloatsThatAreExactAreIntegers() {
    func product(_ size: Size, _ factor: Float) -> FloatSize {
      .apply(.floatMultiply, FloatSize(size), FloatSize(factor))
    }
    XCTAssertEqual(FloatSize.apply(.floatFloor, product(h, 2)).truncated, h * 2)
    XCTAssertEqual(product(h, 0.5).truncated, half(h))
    XCTAssertEqual(FloatSize.apply(.floatCeiling, product(h, 0.03125)).truncated, h.ceilingDivided(by: Size(32)))
    XCTAssertEqual(FloatSize.apply(.floatDivide, FloatSize(h * 4), FloatSize(h)).constant, 4)
    let zero = h.modulo(Size(2))
    XCTAssertEqual(value(FloatSize.apply(.floatDivide, FloatSize(zero), FloatSize(zero)).truncated, [4]), 0)
    // ⌊10 · 0.7⌋ is 7 in single precision, and 6.99… otherwise.
    let scaled = product(h, 0.7).truncated
    XCTAssertNil(scaled.constant)
    XCTAssertEqual(value(scaled, [10]), 7)
  }

  func testWhatOverflowsIsTooLong() {
    let divisor = Size(1 << 62 + 1)
    XCTAssert((h * -.max).floorDivided(by: divisor).isTooLong)
    XCTAssert((h * .max).floorDivided(by: divisor).isTooLong)
    XCTAssert(Size(-.max).floorDivided(by: divisor).isTooLong)
    XCTAssertEqual(Size(.max).floorDivided(by: divisor).constant, 1)
    XCTAssertEqual(Size(-7).floorDivided(by: Size(2)).constant, -4)
    var number = FloatSize.apply(.floatSquareRoot, FloatSize(h))
    for _ in 0..<10_000 { number = .apply(.floatMultiply, number, number) }
    XCTAssert(number.isTooLong && number.truncated.isTooLong)
  }

  /// A fully-connected layer's depth says nothing of a size whose values overflow.
  func testSizesThatOverflowNarrowNothing() {
    func narrowed(_ size: Size) -> SizeBounds {
      var accepted = AcceptedSizes(symbols: 1)
      accepted.narrow(
        by: .fullyConnected(FullyConnected()),
        [SymbolicShape([Size(1), size]), SymbolicShape([Size(4), Size(1000)])],
        output: SymbolicShape([Size(1), Size(4)]))
      return accepted.bounds[0]
    }
    XCTAssertEqual(narrowed(half(h + 1)), SizeBounds(1999, 2000))
    let factor = 1 << 23 + 1
    var size = h
    for offset in [5, 7, 11, 13] { size = (size * factor - offset * factor * 2 + 1).positivePart }
    XCTAssertEqual(narrowed(size + 1), .openDimension)
  }

  func testLongExpressionsStaySmall() {
    var size = h
    for index in 1..<200 { size = size * (w + index) + Size.maximum(size, Size(index)).floorDivided(by: w + h) }
    XCTAssert(size.isTooLong)
    XCTAssertEqual(h * .max * 2, .tooLong)
  }

  /// Each stage computes on the last one's size four times: written out, that is 4⁶⁰ operations.
  private func stages(_ count: Int) -> Size {
    var size = h
    for _ in 0..<count {
      size = Size.whereNegative(w - size, half(size) + w, size + Size.maximum(half(size), w - size * 3))
    }
    return size
  }

  func testSharedPartsAreLookedAtOnce() {
    let size = stages(60)
    XCTAssertFalse(size.isTooLong)
    XCTAssertEqual(size, stages(60))
    XCTAssertNotEqual(size, stages(59))
    XCTAssertEqual(Set([size, stages(60), stages(59)]).count, 2)
    XCTAssertEqual((size - stages(60)).constant, 0)
    XCTAssertEqual(size.symbols, [0, 1])
    XCTAssertEqual(size.isEqual(to: stages(60)).constant, 1)
    var graph = Graph()
    let place = graph.expression(.integer(size))
    XCTAssertEqual(graph.expression(.integer(stages(60))), place)
    XCTAssertLessThan(graph.expressions.count, 60 * 12)
    XCTAssertEqual(graph.symbolicExpressions()[place], .integer(size))
    for (height, width) in [(1, 1), (7, 300), (1000, 3)] {
      var expected = height
      for _ in 0..<60 {
        expected = width < expected ? expected / 2 + width : expected + max(expected / 2, width - expected * 3)
      }
      XCTAssertEqual(value(size, [height, width]), Int64(expected))
    }
  }

  func testSharedNumbersAreLookedAtOnce() {
    func stages(_ count: Int) -> FloatSize {
      var number = FloatSize(h)
      for _ in 0..<count {
        number = .apply(.floatAdd, .apply(.floatMultiply, number, FloatSize(0.3)), .apply(.floatSquareRoot, number))
      }
      return number
    }
    let size = stages(60).truncated
    XCTAssertEqual(size, stages(60).truncated)
    XCTAssertEqual(size.symbols, [0])
    var graph = Graph()
    _ = graph.expression(.integer(size))
    XCTAssertLessThan(graph.expressions.count, 60 * 4)
  }

  /// A convolution says that such a size is above 0, and so from which height on the network can be computed.
  func testSizesOfManyStagesNarrow() {
    var size = h - 40
    for _ in 0..<60 { size = size + half(size).positivePart - 1 }
    var accepted = AcceptedSizes(symbols: 1)
    accepted.narrow(by: .pool(Pool()), [], output: SymbolicShape([Size(1), size, Size(1), Size(1)]))
    let least = accepted.bounds[0].lower
    XCTAssertGreaterThan(least, 41)
    XCTAssertGreaterThanOrEqual(value(size, [least]) ?? 0, 1)
    XCTAssertLessThan(value(size, [least - 1]) ?? 1, 1)
  }

  /// Conditions that are themselves choices between conditions.
  func testNestedChoicesEnd() {
    var size = h
    for index in 1...100 { size = Size.whereNegative(size - index, size - w, w - size) }
    XCTAssertFalse(size.isTooLong)
    for index in 1...10_000 { size = Size.whereNegative(size - index, size - w, w - size) }
    XCTAssert(size.isTooLong)
  }

  private func value(_ size: Size, _ symbols: [Int]) -> Int64? {
    var graph = Graph()
    for index in symbols.indices { _ = graph.symbol(named: "\(index)", .other) }
    let index = graph.expression(.integer(size))
    let value = graph.sizes(Binding(sizes: Dictionary(uniqueKeysWithValues: symbols.enumerated().map { ($0, $1) })))[
      index]
    return value.isDefined ? value.integer : nil
  }

  /// Random tables of sizes, and what they become: the same values, within their bounds, at all sizes.
  func testRandomExpressions() {
    var random = SplitMix64(seed: 12)
    for _ in 0..<400 {
      var original = Graph()
      for name in ["a", "b"] { _ = original.symbol(named: name, .other) }
      original.expressions = [.symbol(0), .symbol(1), .float(Float(random.next() % 9) / 4)]
      for _ in 0..<14 { original.expressions.append(randomExpression(original.expressions, &random)) }
      let numbers = original.symbolicExpressions()
      var canonical = original
      canonical.expressions = []
      let places = numbers.map { $0.isTooLong ? nil : canonical.expression($0) }
      for _ in 0..<24 {
        let sizes = [0: Int(random.next() % 70) + 1, 1: random.next() % 4 == 0 ? 1 : Int(random.next() % 3000) + 1]
        let expected = original.sizes(Binding(sizes: sizes))
        let found = canonical.sizes(Binding(sizes: sizes))
        for (index, number) in numbers.enumerated() where expected[index].isDefined {
          guard let place = places[index] else { continue }
          var context: String { "\(sizes) \(original.expressions[...index])" }
          switch number {
          case .integer(let size):
            XCTAssertEqual(found[place].integer, expected[index].integer, context)
            XCTAssert(
              size.bounds.lower <= expected[index].integer && expected[index].integer <= size.bounds.upper, context)
          case .float(let number):
            let (value, wanted) = (found[place].float, expected[index].float)
            XCTAssert(value == wanted || value.isNaN && wanted.isNaN, "\(value) for \(wanted): \(context)")
            XCTAssert(wanted.isNaN || number.bounds.lower <= wanted && wanted <= number.bounds.upper, context)
          }
        }
      }
    }
  }

  private func randomExpression(_ earlier: [SizeExpression], _ random: inout SplitMix64) -> SizeExpression {
    func pick(_ isFloat: Bool) -> UInt32 {
      let choices = earlier.indices.filter { earlier[$0].operation.isFloat == isFloat }
      return UInt32(choices[Int(random.next() % UInt64(choices.count))])
    }
    let operations: [SizeOperation] = [
      .integer, .integer, .add, .subtract, .multiply, .floorDivide, .floorDivide, .modulo, .minimum, .maximum,
      .whereNegative, .float,
      .integerToFloat, .floatAdd, .floatSubtract, .floatMultiply, .floatDivide, .floatFloor, .floatCeiling, .floatRound,
      .floatSquareRoot,
      .floatMinimum, .floatMaximum, .floatToInteger,
    ]
    let operation = operations[Int(random.next() % UInt64(operations.count))]
    if operation == .integer { return .integer(Int64(random.next() % 40) - 8) }
    if operation == .float { return .float(Float(random.next() % 64) / 8 - 2) }
    let operands = (0..<operation.operandCount).map { _ in pick(operation.takesFloats) } + [0, 0, 0]
    return SizeExpression(operation, operands[0], operands[1], operands[2])
  }
}
