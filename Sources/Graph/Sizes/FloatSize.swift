import PrefactorModelFormat

/// A float32 number that follows from the sizes of open dimensions, with float32's rounding. What is exact is an
/// integer over a power of two, so that h · 2, ⌊⌋ and back is 2h.
public final class FloatSize: Hashable, Sendable {
  enum Kind: Hashable, Sendable {
    /// The bits of a number that is no short fraction.
    case constant(UInt32)
    /// An integer over 2 to this power; the quotient is exactly a float32 number.
    case exact(Size, Int)
    /// An integer, rounded.
    case rounded(Size)
    case computed(SizeOperation, [FloatSize])
    /// What would be deeper than a size may be; nothing follows from it.
    case tooLong
  }

  static let tooLong = FloatSize(Kind.tooLong)
  public var isTooLong: Bool { depth > Size.deepest }

  let kind: Kind
  let bounds: FloatBounds
  let depth: Int
  let fingerprint: UInt64
  private let hash: Int

  private init(_ kind: Kind) {
    self.kind = kind
    hash = kind.hashValue
    switch kind {
    case .constant(let bits):
      (bounds, depth) = (FloatBounds(Float(bitPattern: bits), Float(bitPattern: bits)), 1)
      fingerprint = Fingerprint.mix([1, UInt64(bits)])
    case .exact(let size, let shift):
      (bounds, depth) = (
        FloatBounds(size.bounds).scaled(by: Float(sign: .plus, exponent: -shift, significand: 1)), 1 + size.depth
      )
      fingerprint = Fingerprint.mix([2, size.fingerprint, UInt64(shift)])
    case .rounded(let size):
      (bounds, depth) = (FloatBounds(size.bounds), 1 + size.depth)
      fingerprint = Fingerprint.mix([3, size.fingerprint])
    case .computed(let operation, let operands):
      bounds = FloatBounds(operation, operands.map(\.bounds))
      depth = operands.reduce(1) { max($0, 1 + $1.depth) }
      fingerprint = Fingerprint.mix([4, UInt64(operation.rawValue)] + operands.map(\.fingerprint))
    case .tooLong:
      (bounds, depth, fingerprint) = (FloatBounds(-.infinity, .infinity), 1 << 20, .max)
    }
  }

  public convenience init(_ constant: Float) {
    let significand = constant.significandBitPattern
    let isShort = constant.isNormal && constant.exponent >= -20 && constant.exponent <= 30 || constant.bitPattern == 0
    guard isShort else {
      self.init(.constant(constant.bitPattern))
      return
    }
    let shift = constant == 0 ? 0 : max(0, 23 - min(significand.trailingZeroBitCount, 23) - Int(constant.exponent))
    self.init(.exact(Size(Int(constant * Float(sign: .plus, exponent: shift, significand: 1))), shift))
  }

  public convenience init(_ size: Size) { self.init(size.isFloat ? .exact(size, 0) : .rounded(size)) }

  /// An integer over 2^`shift`, if it is exact.
  private static func exact(_ size: Size, _ shift: Int) -> FloatSize? {
    var size = size
    var shift = shift
    while shift > 0, let half = size.exactQuotient(by: Size(2)) { (size, shift) = (half, shift - 1) }
    return size.isFloat && shift <= 60 ? FloatSize(.exact(size, shift)) : nil
  }

  /// As atoms are.
  public static func == (left: FloatSize, right: FloatSize) -> Bool {
    left.fingerprint == right.fingerprint && left.hash == right.hash
  }

  public func hash(into hasher: inout Hasher) { hasher.combine(hash) }

  public var constant: Float? {
    switch kind {
    case .constant(let bits): Float(bitPattern: bits)
    case .exact(let size, let shift):
      size.constant.map { Float($0) * Float(sign: .plus, exponent: -shift, significand: 1) }
    default: nil
    }
  }

  /// The integer and the power of two that it is divided by, where the number is exactly that.
  public var fraction: (size: Size, shift: Int)? {
    if case .exact(let size, let shift) = kind { (size, shift) } else { nil }
  }

  /// The integer that it is, or that is rounded to it.
  public var integer: Size? {
    switch kind {
    case .exact(let size, 0), .rounded(let size): size
    default: nil
    }
  }
}

extension Size {
  /// Whether it is exactly a float32 number at all sizes: 24 bits and a power of two.
  fileprivate var isFloat: Bool {
    let bounds = bounds
    let zeros = terms.map(\.coefficient.trailingZeroBitCount).min() ?? 0
    guard bounds.lower != .min, bounds.upper != .max else { return false }
    return bounds.lower >> zeros >= -1 << 24 && bounds.upper >> zeros <= 1 << 24
  }
}

// MARK: Operations

extension FloatSize {
  /// An operation on float32 numbers.
  public static func apply(_ operation: SizeOperation, _ operands: FloatSize...) -> FloatSize {
    if operands.contains(where: { $0.depth >= Size.deepest }) { return .tooLong }
    let constants = operands.compactMap(\.constant)
    if constants.count == operands.count {
      return FloatSize(SizeExpression(operation).float(constants[0], constants[constants.count - 1]))
    }
    return exactly(operation, operands.compactMap(\.fraction), operands.count)
      ?? FloatSize(.computed(operation, operands))
  }

  /// The result where it needs no rounding; nil where it might.
  private static func exactly(_ operation: SizeOperation, _ operands: [(size: Size, shift: Int)], _ count: Int)
    -> FloatSize?
  {
    guard operands.count == count else { return nil }
    let (a, b) = (operands[0], operands[count - 1])
    let shift = max(a.shift, b.shift)
    let left = a.size * (1 << (shift - a.shift))
    let right = b.size * (1 << (shift - b.shift))
    switch operation {
    case .floatAdd: return exact(left + right, shift)
    case .floatSubtract: return exact(left - right, shift)
    case .floatMultiply: return exact(a.size * b.size, a.shift + b.shift)
    case .floatDivide:
      // 0 / 0 is NaN.
      if right.isPositive || right.bounds.upper < 0, let quotient = left.exactQuotient(by: right) {
        return exact(quotient, 0)
      }
      guard let divisor = right.constant, divisor > 0, divisor.nonzeroBitCount == 1 else { return nil }
      return exact(left, divisor.trailingZeroBitCount)
    case .floatFloor: return exact(a.size.floorDivided(by: Size(1 << a.shift)), 0)
    case .floatCeiling: return exact(a.size.ceilingDivided(by: Size(1 << a.shift)), 0)
    case .floatRound: return a.shift == 0 ? exact(a.size, 0) : nil
    case .floatMinimum: return exact(Size.minimum(left, right), shift)
    case .floatMaximum: return exact(Size.maximum(left, right), shift)
    default: return nil
    }
  }

  /// The integer, rounded towards zero.
  public var truncated: Size {
    if isTooLong { return .tooLong }
    if let (size, shift) = fraction, let integer = size.truncatedQuotient(by: Size(1 << shift)) { return integer }
    let result = Size(SizeAtom(.truncated(self)))
    return result.isTooLong ? .tooLong : result
  }
}
