/// An integer that follows from the sizes of the network's open dimensions: a polynomial with integer coefficients over atoms, which are the
/// symbols and what is no polynomial of them.
///
/// The form is canonical as far as the rules in this folder go, so that equal sizes are equal values: ⌊2h / 2⌋ is h, ⌊(h - 1) / 2⌋ + 1 is
/// ⌊(h + 1) / 2⌋, and ⌊⌊h / 2⌋ / 2⌋ is ⌊h / 4⌋. What is equal here is equal at all sizes; what is not may still be.
public struct Size: Hashable, Sendable {
  /// In descending order of their monomials; no coefficient is 0.
  let terms: [Term]

  struct Term: Hashable, Sendable {
    var monomial: Monomial
    var coefficient: Int
  }

  init(terms: [Term]) { self.terms = terms }

  init(_ atom: SizeAtom) { terms = [Term(monomial: Monomial(atoms: [atom]), coefficient: 1)] }

  public init(_ constant: Int) {
    // Its negative would overflow.
    if constant == .min { self = .tooLong } else { terms = constant == 0 ? [] : [Term(monomial: .one, coefficient: constant)] }
  }

  /// An open dimension, which has a size in `bounds`.
  public static func symbol(_ index: Int, _ bounds: SizeBounds = .openDimension) -> Size {
    bounds.lower == bounds.upper ? Size(bounds.lower) : Size(SizeAtom(.symbol(index, bounds)))
  }

  /// What an expression becomes that would be longer than ``longest``, or whose numbers would overflow. Nothing follows from it.
  public static let tooLong = Size(SizeAtom(.tooLong))
  public var isTooLong: Bool { weight > Size.longest }
  private static let longest = 10_000

  /// Symbols and operations in it.
  var weight: Int { terms.reduce(0) { $0 + $1.monomial.atoms.reduce(1) { $0 + $1.weight } } }

  public var constant: Int? {
    if terms.isEmpty { return 0 }
    return terms.count == 1 && terms[0].monomial == .one ? terms[0].coefficient : nil
  }

  /// The atom, if that is all there is.
  var atom: SizeAtom? {
    terms.count == 1 && terms[0].coefficient == 1 && terms[0].monomial.atoms.count == 1 ? terms[0].monomial.atoms[0] : nil
  }
}

/// A product of atoms, in order; of none, it is 1.
struct Monomial: Hashable, Comparable, Sendable {
  var atoms: [SizeAtom]

  static let one = Monomial(atoms: [])

  /// Of higher degree first, then by the atoms: an order that multiplication keeps, as polynomial division needs it.
  static func < (left: Monomial, right: Monomial) -> Bool {
    if left.atoms.count != right.atoms.count { return left.atoms.count > right.atoms.count }
    for (a, b) in zip(left.atoms, right.atoms) where a != b { return a < b }
    return false
  }

  static func * (left: Monomial, right: Monomial) -> Monomial { Monomial(atoms: (left.atoms + right.atoms).sorted()) }

  /// Nil where `divisor` has an atom that this does not have.
  func divided(by divisor: Monomial) -> Monomial? {
    var rest = atoms
    for atom in divisor.atoms {
      guard let index = rest.firstIndex(of: atom) else { return nil }
      rest.remove(at: index)
    }
    return Monomial(atoms: rest)
  }
}

// MARK: Sums and products

extension Size {
  /// The sum of terms in any order; too long where a coefficient overflows.
  static func sum(_ terms: some Sequence<Term>) -> Size {
    var coefficients: [Monomial: Int] = [:]
    for term in terms {
      let (sum, overflow) = coefficients[term.monomial, default: 0].addingReportingOverflow(term.coefficient)
      if overflow || sum == .min { return .tooLong }
      coefficients[term.monomial] = sum
    }
    let kept = coefficients.filter { $0.value != 0 }.map { Term(monomial: $0.key, coefficient: $0.value) }
    let size = Size(terms: kept.sorted { $0.monomial < $1.monomial })
    return size.isTooLong ? .tooLong : size
  }

  public static func + (left: Size, right: Size) -> Size { sum(left.terms + right.terms) }
  public static prefix func - (size: Size) -> Size { size * Size(-1) }
  public static func - (left: Size, right: Size) -> Size { left + -right }

  public static func * (left: Size, right: Size) -> Size {
    guard left.terms.count * right.terms.count <= longest else { return .tooLong }
    var terms: [Term] = []
    for a in left.terms {
      for b in right.terms {
        let (coefficient, overflow) = a.coefficient.multipliedReportingOverflow(by: b.coefficient)
        if overflow { return .tooLong }
        terms.append(Term(monomial: a.monomial * b.monomial, coefficient: coefficient))
      }
    }
    return sum(terms)
  }

  public static func + (left: Size, right: Int) -> Size { left + Size(right) }
  public static func - (left: Size, right: Int) -> Size { left - Size(right) }
  public static func * (left: Size, right: Int) -> Size { left * Size(right) }
}

extension Sequence where Element == Size {
  public var product: Size { reduce(Size(1), *) }
}
