// Quotients, which are rounded down unless they say otherwise.

extension Size {
  public func floorDivided(by divisor: Size) -> Size {
    if isTooLong || divisor.isTooLong { return .tooLong }
    if let number = divisor.constant { return floorDivided(by: number) }
    if let quotient = exactQuotient(by: divisor) { return quotient }
    guard divisor.terms.count == 1, let only = divisor.terms.first else { return Size(quotientAtom(divisor)) }
    // Multiples of the divisor are what they are.
    var multiples: [Term] = []
    var rest: [Term] = []
    for term in terms {
      if let monomial = term.monomial.divided(by: only.monomial), term.coefficient % only.coefficient == 0 {
        multiples.append(Term(monomial: monomial, coefficient: term.coefficient / only.coefficient))
      } else {
        rest.append(term)
      }
    }
    let remainder = Size(terms: rest)
    if remainder.isNonNegative && (divisor - remainder).isPositive { return Size.sum(multiples) }
    return Size.sum(multiples + [Term(monomial: Monomial(atoms: [remainder.quotientAtom(divisor)]), coefficient: 1)])
  }

  private func quotientAtom(_ divisor: Size) -> SizeAtom { SizeAtom(.quotient(self, divisor)) }

  private func floorDivided(by divisor: Int) -> Size {
    if divisor == 0 { return Size(quotientAtom(Size(0))) }
    if divisor == .min { return .tooLong }
    if divisor < 0 { return (-self).floorDivided(by: -divisor) }
    // What is left of each coefficient is the rest nearest to 0, so that h + 32⌊h / 32⌋ and the like have one form.
    // Of the first one, half the divisor keeps its sign, so that ⌈h / 2⌉ is one quotient, as ⌈h / 4⌉ is.
    var multiples: [Term] = []
    var rest: [Term] = []
    for term in terms {
      var remainder = term.coefficient % divisor
      if remainder < 0, term.monomial == .one || !rest.isEmpty || remainder != -divisor / 2 { remainder += divisor }
      if term.monomial != .one && remainder > divisor / 2 { remainder -= divisor }
      let (multiple, overflow) = term.coefficient.subtractingReportingOverflow(remainder)
      if overflow { return .tooLong }
      let quotient = multiple / divisor
      if quotient != 0 { multiples.append(Term(monomial: term.monomial, coefficient: quotient)) }
      if remainder != 0 { rest.append(Term(monomial: term.monomial, coefficient: remainder)) }
    }
    return Size.sum(multiples) + Size.reducedQuotient(Size(terms: rest), divisor)
  }

  /// ⌊a / b⌋ where no coefficient of a reaches b.
  private static func reducedQuotient(_ a: Size, _ b: Int) -> Size {
    let bounds = a.bounds
    let least = bounds.lower == .min ? .min : bounds.lower.flooredQuotient(by: b)
    if least != .min, bounds.upper != .max, least == bounds.upper.flooredQuotient(by: b) { return Size(least) }
    // ⌊-a / b⌋ = -⌈a / b⌉ = -⌊(a + b - 1) / b⌋.
    if let first = a.terms.first, first.monomial != .one, first.coefficient < 0 {
      return -(-a + (b - 1)).floorDivided(by: b)
    }
    let divisor = a.terms.filter { $0.monomial != .one }.reduce(b) { greatestCommonDivisor($0, $1.coefficient) }
    if divisor > 1 {
      let reduced = a.terms.map {
        Term(monomial: $0.monomial, coefficient: $0.coefficient.flooredQuotient(by: divisor))
      }
      return Size.sum(reduced).floorDivided(by: b / divisor)
    }
    if let positive = a.atom, case .positive(let argument, _) = positive.kind {
      return argument.floorDivided(by: b).positivePart
    }
    if let nested = a.nestedQuotient(b) { return nested }
    return Size(SizeAtom(.quotient(a, Size(b))))
  }

  /// ⌊(⌊x / m⌋ + p) / b⌋ = ⌊(x + m·p) / (m·b)⌋, where there is one quotient in the sum; -⌊x / m⌋ is ⌊(-x + m - 1) / m⌋.
  private func nestedQuotient(_ b: Int) -> Size? {
    var inner: (term: Term, numerator: Size, divisor: Int)?
    for term in terms where term.monomial.atoms.count == 1 {
      guard case .quotient(let x, let m) = term.monomial.atoms[0].kind else { continue }
      guard inner == nil, abs(term.coefficient) == 1, let m = m.constant, m > 0, m <= 1 << 30, b <= 1 << 30 else {
        return nil
      }
      inner = (term, term.coefficient == 1 ? x : -x + (m - 1), m)
    }
    guard let inner else { return nil }
    let others = Size(terms: terms.filter { $0 != inner.term })
    return (inner.numerator + others * inner.divisor).floorDivided(by: inner.divisor * b)
  }

  /// The quotient as a polynomial, where the division leaves nothing.
  public func exactQuotient(by divisor: Size) -> Size? {
    guard let leading = divisor.terms.first else { return nil }
    var rest = self
    var quotient: [Term] = []
    while let first = rest.terms.first {
      guard quotient.count < 32, let monomial = first.monomial.divided(by: leading.monomial),
        first.coefficient % leading.coefficient == 0
      else { return nil }
      let term = Term(monomial: monomial, coefficient: first.coefficient / leading.coefficient)
      quotient.append(term)
      rest = rest - Size(terms: [term]) * divisor
      if rest.isTooLong { return nil }
    }
    return Size.sum(quotient)
  }

  public func ceilingDivided(by divisor: Size) -> Size { -(-self).floorDivided(by: divisor) }

  /// Of the divisor's sign.
  public func modulo(_ divisor: Size) -> Size { self - divisor * floorDivided(by: divisor) }

  /// Rounded towards zero, as integers are divided in ONNX; nil where the divisor may have either sign.
  public func truncatedQuotient(by divisor: Size) -> Size? {
    if divisor.bounds.upper < 0 { return (-self).truncatedQuotient(by: -divisor) }
    guard divisor.isNonNegative else { return nil }
    return Size.whereNegative(self, -(-self).floorDivided(by: divisor), floorDivided(by: divisor))
  }
}

func greatestCommonDivisor(_ a: Int, _ b: Int) -> Int {
  var (a, b) = (a.magnitude, b.magnitude)
  while b != 0 { (a, b) = (b, a % b) }
  return Int(clamping: a)
}
