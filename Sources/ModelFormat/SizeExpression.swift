/// How a size follows from the sizes of the network's inputs: one operation on sizes computed before it. A file has a table of these, each
/// of which refers only to entries before it, so that one pass over the table computes them all when a session is created.
///
/// Entries are 64-bit integers or, where the name says so, float32 numbers: exporters compute sizes in both, and rounding is part of
/// what they mean.
public enum SizeOperation: UInt32 {
  /// A constant: `a` and `b` are its low and high word.
  case integer = 0
  /// An open dimension of the network's inputs: `a` is its index among the symbols. At least 1.
  case symbol = 1
  case add = 2, subtract = 3, multiply = 4
  /// ⌊a / b⌋, and a - b · ⌊a / b⌋.
  case floorDivide = 5, modulo = 6
  case minimum = 7, maximum = 8
  /// a < 0 ? b : c.
  case whereNegative = 9

  /// A constant: `a` are its bits.
  case float = 20
  case integerToFloat = 21
  case floatAdd = 22, floatSubtract = 23, floatMultiply = 24, floatDivide = 25
  case floatFloor = 26, floatCeiling = 27
  /// Half to even.
  case floatRound = 28
  case floatSquareRoot = 29
  case floatMinimum = 30, floatMaximum = 31
  /// An integer: towards zero, and 0 for NaN.
  case floatToInteger = 32
}

/// What an open dimension of an input is, so that a session can be given its size by that word.
public enum SymbolRole: UInt32 {
  case other = 0, batch = 1, height = 2, width = 3, length = 4
}
