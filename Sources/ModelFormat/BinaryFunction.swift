/// Functions of two arguments a and b.
public enum BinaryFunction: Int32 {
  case add = 1
  case subtract = 2
  case multiply = 3
  case divide = 4
  case power = 5
  /// NaN where either is.
  case maximum = 6
  /// NaN where either is.
  case minimum = 7
  /// a < 0 ? ab : a
  case prelu = 8
  /// 1 where a = b, else 0, as where either is NaN.
  case equal = 9
  /// 1 where a < b, else 0.
  case less = 10
  /// 1 where a ≤ b, else 0.
  case lessOrEqual = 11
  /// a ≠ 0 ? b : -0, which leaves what is added to it as it is.
  case mask = 12
}
