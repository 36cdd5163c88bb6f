import PrefactorModelFormat

/// The least and the greatest value of a float32 number. Rounding keeps the order of numbers, so that bounds are
/// computed as numbers are.
struct FloatBounds: Hashable, Sendable {
  var lower: Float, upper: Float

  init(_ lower: Float, _ upper: Float) {
    (self.lower, self.upper) = lower.isNaN || upper.isNaN ? (-.infinity, .infinity) : (lower, upper)
  }

  init(_ bounds: SizeBounds) {
    self.init(
      bounds.lower == .min ? -.infinity : Float(bounds.lower), bounds.upper == .max ? .infinity : Float(bounds.upper))
  }

  init(_ operation: SizeOperation, _ operands: [FloatBounds]) {
    let a = operands[0]
    let b = operands[operands.count - 1]
    let isMonotone: Bool =
      switch operation {
      case .floatDivide: b.lower > 0 || b.upper < 0
      case .floatSquareRoot: a.lower >= 0
      default: true
      }
    let expression = SizeExpression(operation)
    let corners =
      operands.count == 1
      ? [(a.lower, a.lower), (a.upper, a.upper)]
      : [(a.lower, b.lower), (a.lower, b.upper), (a.upper, b.lower), (a.upper, b.upper)]
    let values = corners.map { expression.float($0.0, $0.1) }
    if !isMonotone || values.contains(where: \.isNaN) {
      self.init(-.infinity, .infinity)
    } else {
      self.init(values.min()!, values.max()!)
    }
  }

  func scaled(by factor: Float) -> FloatBounds { FloatBounds(lower * factor, upper * factor) }

  /// Rounded towards zero.
  var truncated: SizeBounds {
    func integer(_ value: Float, _ unbounded: Int) -> Int { abs(value) < 0x1p62 ? Int(value) : unbounded }
    return SizeBounds(integer(lower, .min), integer(upper, .max))
  }
}
