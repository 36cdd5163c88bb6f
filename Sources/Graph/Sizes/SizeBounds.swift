import PrefactorModelFormat

/// The least and the greatest value that a size can have; the extreme integers stand for no bound.
public struct SizeBounds: Hashable, Sendable {
  public var lower: Int, upper: Int

  public init(_ lower: Int, _ upper: Int) { (self.lower, self.upper) = (lower, upper) }

  static let none = SizeBounds(.min, .max)

  /// Sessions have no larger dimensions, so that each is a float32 number too.
  public static let openDimension = SizeBounds(1, Int(Layout.maximumSize))

  func intersection(_ other: SizeBounds) -> SizeBounds { SizeBounds(max(lower, other.lower), min(upper, other.upper)) }
  func union(_ other: SizeBounds) -> SizeBounds { SizeBounds(min(lower, other.lower), max(upper, other.upper)) }
  var positive: SizeBounds { SizeBounds(max(lower, 0), max(upper, 0)) }

  static func + (left: SizeBounds, right: SizeBounds) -> SizeBounds {
    func sum(_ a: Int, _ b: Int, _ unbounded: Int) -> Int {
      if a == unbounded || b == unbounded { return unbounded }
      let (sum, overflow) = a.addingReportingOverflow(b)
      return overflow ? unbounded : sum
    }
    return SizeBounds(sum(left.lower, right.lower, .min), sum(left.upper, right.upper, .max))
  }

  static func * (left: SizeBounds, right: SizeBounds) -> SizeBounds {
    func product(_ a: Int, _ b: Int) -> Int {
      if a == 0 || b == 0 { return 0 }
      let isUnbounded = [a, b].contains { $0 == .min || $0 == .max }
      let (product, overflow) = a.multipliedReportingOverflow(by: b)
      return isUnbounded || overflow ? (a < 0) == (b < 0) ? .max : .min : product
    }
    let products = [
      product(left.lower, right.lower), product(left.lower, right.upper), product(left.upper, right.lower),
      product(left.upper, right.upper),
    ]
    return SizeBounds(products.min()!, products.max()!)
  }

  /// Of a size, from those of a multiple.
  func divided(by factor: Int) -> SizeBounds {
    SizeBounds(
      lower == .min ? lower : -(-lower).flooredQuotient(by: factor),
      upper == .max ? upper : upper.flooredQuotient(by: factor))
  }

  /// Of a quotient that is rounded down, where the divisor is positive.
  func quotient(_ divisor: SizeBounds) -> SizeBounds {
    guard divisor.lower >= 1 else { return .none }
    func quotient(_ a: Int, _ b: Int) -> Int {
      a == .min || a == .max ? a : b == .max ? (a < 0 ? -1 : 0) : a.flooredQuotient(by: b)
    }
    return SizeBounds(
      min(quotient(lower, divisor.lower), quotient(lower, divisor.upper)),
      max(quotient(upper, divisor.lower), quotient(upper, divisor.upper)))
  }
}

extension Size {
  public var bounds: SizeBounds { bounds(depth: 2) }

  /// Term by term, and, since terms may belong together as those of h - ⌊h / 2⌋ do, with ⌊a / b⌋ as a minus its rest,
  /// over b, and max(a, 0) as a + max(-a, 0).
  private func bounds(depth: Int) -> SizeBounds {
    var result = SizeBounds(0, 0)
    for term in terms {
      let product = term.monomial.atoms.reduce(SizeBounds(1, 1)) { $0 * $1.bounds }
      result = result + product * SizeBounds(term.coefficient, term.coefficient)
    }
    guard depth > 0, terms.count > 1, terms.count <= 12 else { return result }
    for term in terms where term.monomial.atoms.count == 1 {
      let others = Size(terms: terms.filter { $0 != term })
      let coefficient = term.coefficient
      switch term.monomial.atoms[0].kind {
      case .quotient(let a, let b):
        guard let divisor = b.constant, divisor > 0 else { continue }
        let common = greatestCommonDivisor(coefficient, divisor)
        let factor = coefficient / common
        let rest = SizeBounds(0, divisor - 1) * SizeBounds(-factor, -factor)
        let multiple = (others * (divisor / common) + a * factor).bounds(depth: depth - 1) + rest
        result = result.intersection(multiple.divided(by: divisor / common))
      case .positive(let a, let bounds):
        let opposite = (bounds * SizeBounds(-1, -1)).positive * SizeBounds(coefficient, coefficient)
        result = result.intersection((others + a * coefficient).bounds(depth: depth - 1) + opposite)
      default: continue
      }
    }
    return result
  }

  public var isPositive: Bool { bounds.lower >= 1 }
  public var isNonNegative: Bool { bounds.lower >= 0 }
}

extension Int {
  /// Rounded down, also below zero. The divisor must not be 0.
  func flooredQuotient(by divisor: Int) -> Int {
    let (quotient, rest) = (self / divisor, self % divisor)
    return rest != 0 && (rest < 0) != (divisor < 0) ? quotient - 1 : quotient
  }
}
