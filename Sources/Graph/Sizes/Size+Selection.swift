// Minima, maxima and what depends on a comparison.

extension Size {
  /// max(self, 0).
  var positivePart: Size {
    let bounds = bounds
    if bounds.lower >= 0 { return self }
    if bounds.upper <= 0 { return Size(0) }
    // max(-a, 0) = max(a, 0) - a.
    if let first = terms.first, first.coefficient < 0 { return self + (-self).positivePart }
    let divisor = terms.reduce(0) { greatestCommonDivisor($0, $1.coefficient) }
    if divisor > 1 { return divided(by: divisor).positivePart * divisor }
    return isTooLong ? .tooLong : Size(SizeAtom(.positive(self, bounds)))
  }

  /// Each coefficient by one of its divisors.
  private func divided(by divisor: Int) -> Size {
    Size(terms: terms.map { Term(monomial: $0.monomial, coefficient: $0.coefficient / divisor) })
  }

  public static func maximum(_ a: Size, _ b: Size) -> Size { a + (b - a).positivePart }
  public static func minimum(_ a: Size, _ b: Size) -> Size { a - (a - b).positivePart }

  public func clamped(_ lowest: Size, _ highest: Size) -> Size { Size.minimum(Size.maximum(self, lowest), highest) }

  public var magnitude: Size { positivePart + (-self).positivePart }

  /// a < 0 ? b : c.
  public static func whereNegative(_ a: Size, _ b: Size, _ c: Size) -> Size { whereNegative(a, b, c, depth: 3) }

  /// The same, with a look at so many choices within choices.
  private static func whereNegative(_ a: Size, _ b: Size, _ c: Size, depth: Int) -> Size {
    let bounds = a.bounds
    if bounds.lower >= 0 || b == c { return c }
    if bounds.upper < 0 { return b }
    // The sign alone counts.
    let divisor = a.terms.filter { $0.monomial != .one }.reduce(0) { greatestCommonDivisor($0, $1.coefficient) }
    let condition =
      divisor <= 1
      ? a
      : Size.sum(a.terms.map { Term(monomial: $0.monomial, coefficient: $0.coefficient.flooredQuotient(by: divisor)) })
    if let factor = (c - b).exactQuotient(by: condition)?.constant { return factor > 0 ? maximum(b, c) : minimum(b, c) }
    // A condition that is itself a choice, such as a comparison's 0 or 1.
    if depth > 0, let choice = condition.choice {
      let first = whereNegative(choice.b, b, c, depth: depth - 1)
      let second = whereNegative(choice.c, b, c, depth: depth - 1)
      if first == b || first == c { return whereNegative(choice.a, first, second, depth: depth - 1) }
    }
    let result = Size(SizeAtom(.whereNegative(condition, b, c)))
    return result.isTooLong ? .tooLong : result
  }

  /// The parts of k · (a < 0 ? b : c) + d as those of a < 0 ? k·b + d : k·c + d.
  private var choice: (a: Size, b: Size, c: Size)? {
    guard let first = terms.first, first.monomial.atoms.count == 1,
      case .whereNegative(let a, let b, let c) = first.monomial.atoms[0].kind
    else { return nil }
    let others = Size(terms: Array(terms.dropFirst()))
    return (a, b * first.coefficient + others, c * first.coefficient + others)
  }

  // Comparisons are 1 where they hold, else 0.

  public func isLess(than other: Size) -> Size { Size.whereNegative(self - other, Size(1), Size(0)) }

  public func isEqual(to other: Size) -> Size {
    let difference = self - other
    return Size.whereNegative(difference, Size(0), Size.whereNegative(-difference, Size(0), Size(1)))
  }

  /// `b` where a condition is 1, `c` where it is 0.
  public static func select(_ condition: Size, _ b: Size, _ c: Size) -> Size { whereNegative(-condition, b, c) }
}
