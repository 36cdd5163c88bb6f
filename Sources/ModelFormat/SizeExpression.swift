/// How a size follows from the sizes of the network's inputs: one operation on sizes computed before it. A file has a
/// table of these, each of which refers only to entries before it, so that one pass over the table computes them all
/// when a session is created.
///
/// Entries are 64-bit integers or, where the name says so, float32 numbers: exporters compute sizes in both, and
/// rounding is part of what they mean.
public enum SizeOperation: UInt32, Sendable {
  /// A constant: `a` and `b` are its low and high word.
  case integer = 0
  /// An open dimension of the network's inputs: `a` is its index among the symbols. At least 1.
  case symbol = 1
  case add = 2
  case subtract = 3
  case multiply = 4
  /// ⌊a / b⌋, and a - b · ⌊a / b⌋.
  case floorDivide = 5
  case modulo = 6
  case minimum = 7
  case maximum = 8
  /// a < 0 ? b : c.
  case whereNegative = 9

  /// A constant: `a` are its bits.
  case float = 20
  case integerToFloat = 21
  case floatAdd = 22
  case floatSubtract = 23
  case floatMultiply = 24
  case floatDivide = 25
  case floatFloor = 26
  case floatCeiling = 27
  /// Half to even.
  case floatRound = 28
  case floatSquareRoot = 29
  case floatMinimum = 30
  case floatMaximum = 31
  /// An integer: towards zero, and 0 for NaN. What no 64 bits hold overflows.
  case floatToInteger = 32
}

/// What an open dimension of an input is, so that a session can be given its size by that word.
public enum SymbolRole: UInt32, Sendable {
  case other = 0
  case batch = 1
  case height = 2
  case width = 3
  case length = 4
}

/// One entry of the table of sizes.
public struct SizeExpression: Equatable, Sendable {
  public var operation: SizeOperation
  /// Indices of earlier entries, but for constants and symbols.
  public var a: UInt32, b: UInt32, c: UInt32

  public init(_ operation: SizeOperation, _ a: UInt32 = 0, _ b: UInt32 = 0, _ c: UInt32 = 0) {
    self.operation = operation
    (self.a, self.b, self.c) = (a, b, c)
  }

  public static func integer(_ value: Int64) -> SizeExpression {
    let bits = UInt64(bitPattern: value)
    return SizeExpression(.integer, UInt32(truncatingIfNeeded: bits), UInt32(truncatingIfNeeded: bits &>> 32))
  }

  public static func float(_ value: Float) -> SizeExpression { SizeExpression(.float, value.bitPattern) }
  public static func symbol(_ index: Int) -> SizeExpression {
    SizeExpression(.symbol, UInt32(truncatingIfNeeded: index))
  }

  public func operand(_ index: Int) -> UInt32 { index == 0 ? a : index == 1 ? b : c }
}

extension SizeOperation {
  /// Whether its result is a float32 number, and not an integer.
  public var isFloat: Bool {
    switch self {
    case .integer, .symbol, .add, .subtract, .multiply, .floorDivide, .modulo, .minimum, .maximum, .whereNegative,
      .floatToInteger:
      false
    case .float, .integerToFloat, .floatAdd, .floatSubtract, .floatMultiply, .floatDivide, .floatFloor, .floatCeiling,
      .floatRound,
      .floatSquareRoot, .floatMinimum, .floatMaximum:
      true
    }
  }

  /// Whether its operands are float32 numbers.
  public var takesFloats: Bool { self == .integerToFloat ? false : self == .floatToInteger ? true : isFloat }

  /// How many earlier entries it is computed of.
  public var operandCount: Int {
    switch self {
    case .integer, .symbol, .float: 0
    case .integerToFloat, .floatToInteger, .floatFloor, .floatCeiling, .floatRound, .floatSquareRoot: 1
    case .add, .subtract, .multiply, .floorDivide, .modulo, .minimum, .maximum, .floatAdd, .floatSubtract,
      .floatMultiply, .floatDivide,
      .floatMinimum, .floatMaximum:
      2
    case .whereNegative: 3
    }
  }
}

/// A word of a node's attributes that is computed when a session is created.
public struct AttributeBinding: Equatable, Sendable {
  /// Its index among the node's attribute words.
  public var word: Int
  /// Index of an expression: of an integer where the word is one, else of a float32 number.
  public var expression: Int

  public init(word: Int, expression: Int) {
    self.word = word
    self.expression = expression
  }
}

// Hashing wants random numbers, which the runtime does without.
#if !hasFeature(Embedded)
extension SizeExpression: Hashable {}
extension AttributeBinding: Hashable {}
#endif
