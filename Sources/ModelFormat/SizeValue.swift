/// What an expression came to: an integer, a float32 number's bits, or the reason why there is none. A reason is no
/// error in itself: only where someone needs the size.
public struct SizeValue {
  private let bits: Int64
  /// Two integers that stand for reasons; results that small overflow.
  private static let overflow: Int64 = .min, division: Int64 = .min + 1

  public static var overflowed: SizeValue { SizeValue(bits: overflow) }
  public static var dividedByZero: SizeValue { SizeValue(bits: division) }

  private init(bits: Int64) { self.bits = bits }
  public init(_ integer: Int64) { self.init(bits: integer <= SizeValue.division ? SizeValue.overflow : integer) }
  public init(float: Float) { self.init(bits: joined(low: float.bitPattern, high: 0)) }

  public var isDefined: Bool { bits > SizeValue.division }
  /// Of an integer that is defined.
  public var integer: Int64 { bits }
  /// Of a float32 number that is defined.
  public var float: Float { Float(bitPattern: UInt32(truncatingIfNeeded: bits)) }

  /// Why it is not defined, after "the size".
  public var reason: StaticString { bits == SizeValue.division ? "divides by zero" : "overflows" }
}

extension SizeExpression {
  /// Its value, from those of the symbols and of all entries before it, as both have been checked.
  public func value(_ symbols: UnsafePointer<Int64>, _ earlier: UnsafePointer<SizeValue>) -> SizeValue {
    switch operation {
    // The smallest numbers stand for something else; no size is near them.
    case .integer: return SizeValue(max(constant, .min + 2))
    case .symbol: return SizeValue(symbols[Int(a)])
    case .float: return SizeValue(float: Float(bitPattern: a))
    case .whereNegative:
      let condition = earlier[Int(a)]
      return condition.isDefined ? earlier[Int(condition.integer < 0 ? b : c)] : condition
    default:
      let first = earlier[Int(a)]
      let second = earlier[Int(operation.operandCount > 1 ? b : a)]
      guard first.isDefined else { return first }
      guard second.isDefined else { return second }
      if operation == .integerToFloat { return SizeValue(float: Float(first.integer)) }
      if operation == .floatToInteger { return truncated(first.float) }
      return operation.isFloat
        ? SizeValue(float: float(first.float, second.float)) : integer(first.integer, second.integer)
    }
  }

  /// Of an integer constant.
  public var constant: Int64 { joined(low: a, high: b) }

  private func integer(_ a: Int64, _ b: Int64) -> SizeValue {
    var (result, overflow): (Int64, Bool) = (0, false)
    switch operation {
    case .add: (result, overflow) = a.addingReportingOverflow(b)
    case .subtract: (result, overflow) = a.subtractingReportingOverflow(b)
    case .multiply: (result, overflow) = a.multipliedReportingOverflow(by: b)
    case .minimum: result = min(a, b)
    case .maximum: result = max(a, b)
    default:
      if b == 0 { return .dividedByZero }
      // Swift's division is towards zero.
      let quotient = a / b
      let rest = a % b
      let isBelow = rest != 0 && (rest < 0) != (b < 0)
      result = operation == .modulo ? (isBelow ? rest &+ b : rest) : (isBelow ? quotient &- 1 : quotient)
    }
    return overflow ? .overflowed : SizeValue(result)
  }

  /// What an operation on float32 numbers, of one operand or two, comes to.
  public func float(_ a: Float, _ b: Float) -> Float {
    switch operation {
    case .floatAdd: a + b
    case .floatSubtract: a - b
    case .floatMultiply: a * b
    case .floatDivide: a / b
    case .floatFloor: a.rounded(.down)
    case .floatCeiling: a.rounded(.up)
    case .floatRound: a.rounded(.toNearestOrEven)
    case .floatSquareRoot: a.squareRoot()
    case .floatMinimum: a.isNaN || a < b ? a : b
    default: a.isNaN || a > b ? a : b
    }
  }

  private func truncated(_ value: Float) -> SizeValue {
    if value.isNaN { return SizeValue(0) }
    return abs(value) < 0x1p63 ? SizeValue(Int64(value)) : .overflowed
  }
}

/// Not by Swift's conversion to a wider integer, which wants the heap where Int has 32 bits.
private func joined(low: UInt32, high: UInt32) -> Int64 { unsafeBitCast((low, high), to: Int64.self) }
