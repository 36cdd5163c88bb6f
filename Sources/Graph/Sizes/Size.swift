/// An integer that follows from the sizes of the network's open dimensions: a polynomial with integer coefficients over
/// atoms, which are the symbols and what is no polynomial of them.
///
/// The form is canonical as far as the rules in this folder go, so that equal sizes are equal values: ⌊2h / 2⌋ is h,
/// ⌊(h - 1) / 2⌋ + 1 is ⌊(h + 1) / 2⌋, and ⌊⌊h / 2⌋ / 2⌋ is ⌊h / 4⌋. What is equal here is equal at all sizes; what is
/// not may still be.
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
    if constant == .min {
      self = .tooLong
    } else {
      terms = constant == 0 ? [] : [Term(monomial: .one, coefficient: constant)]
    }
  }

  /// An open dimension, which has a size in `bounds`.
  public static func symbol(_ index: Int, _ bounds: SizeBounds = .openDimension) -> Size {
    bounds.lower == bounds.upper ? Size(bounds.lower) : Size(SizeAtom(.symbol(index, bounds)))
  }

  /// What an expression becomes that would be longer than ``longest`` or deeper than ``deepest``, or whose numbers
  /// would overflow. Nothing follows from it.
  public static let tooLong = Size(SizeAtom(.tooLong))
  public var isTooLong: Bool { length > Size.longest || depth > Size.deepest }
  static let longest = 1000, deepest = 1000

  private var length: Int { terms.reduce(0) { $0 + 1 + $1.monomial.atoms.count } }
  var depth: Int { terms.reduce(0) { $1.monomial.atoms.reduce($0) { max($0, $1.depth) } } }

  /// Whether it is seen of its terms that it never falls where a symbol grows.
  var isGrowing: Bool {
    terms.allSatisfy {
      $0.monomial == .one || $0.coefficient > 0 && $0.monomial.atoms.count == 1 && $0.monomial.atoms[0].isGrowing
    }
  }

  public var constant: Int? {
    if terms.isEmpty { return 0 }
    return terms.count == 1 && terms[0].monomial == .one ? terms[0].coefficient : nil
  }

  /// The atom, if that is all there is.
  var atom: SizeAtom? {
    terms.count == 1 && terms[0].coefficient == 1 && terms[0].monomial.atoms.count == 1
      ? terms[0].monomial.atoms[0] : nil
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
    var sums: [Term] = []
    for term in terms.sorted(by: { $0.monomial < $1.monomial }) {
      guard let last = sums.last, last.monomial == term.monomial else {
        sums.append(term)
        continue
      }
      let (sum, overflow) = last.coefficient.addingReportingOverflow(term.coefficient)
      if overflow || sum == .min { return .tooLong }
      sums[sums.count - 1].coefficient = sum
    }
    let size = Size(terms: sums.filter { $0.coefficient != 0 })
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
