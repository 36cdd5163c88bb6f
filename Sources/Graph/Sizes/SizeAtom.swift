/// What is no polynomial of other sizes.
///
/// Atoms share what they are made of: each stage of a network computes on the last one's size more than once, which
/// would double with each stage if it were written out. So what is asked of an atom is known when it is made, from what
/// is known of its parts, and walks come by each part once.
final class SizeAtom: Hashable, Comparable, Sendable {
  enum Kind: Hashable, Sendable {
    case symbol(Int, SizeBounds)
    /// ⌊a / b⌋.
    case quotient(Size, Size)
    /// max(a, 0), with the bounds of a: minima and maxima are sums with one of these.
    case positive(Size, SizeBounds)
    /// a < 0 ? b : c.
    case whereNegative(Size, Size, Size)
    case truncated(FloatSize)
    case tooLong
  }

  let kind: Kind
  let bounds: SizeBounds
  /// How many atoms and float32 numbers there are from it to a symbol, on the longest way.
  let depth: Int
  /// Whether it never falls where a symbol grows.
  let isGrowing: Bool
  /// The same in every process, unlike a hash value, and so an order that files may depend on.
  let fingerprint: UInt64
  private let hash: Int

  init(_ kind: Kind) {
    self.kind = kind
    bounds = kind.bounds
    depth = kind.depth
    isGrowing = kind.isGrowing
    fingerprint = kind.fingerprint
    hash = kind.hashValue
  }

  /// Without a look at their parts: of two that differ, the 128 bits would be the same once in 10³⁸.
  static func == (left: SizeAtom, right: SizeAtom) -> Bool {
    left.fingerprint == right.fingerprint && left.hash == right.hash
  }

  func hash(into hasher: inout Hasher) { hasher.combine(hash) }

  static func < (left: SizeAtom, right: SizeAtom) -> Bool { left.fingerprint < right.fingerprint }
}

extension SizeAtom.Kind {
  fileprivate var depth: Int {
    switch self {
    case .symbol: 1
    case .quotient(let a, let b): 1 + max(a.depth, b.depth)
    case .positive(let a, _): 1 + a.depth
    case .whereNegative(let a, let b, let c): 1 + max(a.depth, b.depth, c.depth)
    case .truncated(let number): 1 + number.depth
    case .tooLong: 1 << 20
    }
  }

  fileprivate var isGrowing: Bool {
    switch self {
    case .symbol: true
    case .quotient(let a, let b): a.isGrowing && b.constant ?? 0 > 0
    case .positive(let a, _): a.isGrowing
    default: false
    }
  }

  fileprivate var bounds: SizeBounds {
    switch self {
    case .symbol(_, let bounds): bounds
    case .quotient(let a, let b): a.bounds.quotient(b.bounds)
    case .positive(_, let bounds): bounds.positive
    case .whereNegative(_, let b, let c): b.bounds.union(c.bounds)
    case .truncated(let float): float.bounds.truncated
    case .tooLong: .none
    }
  }

  /// Symbols come first, in their order.
  fileprivate var fingerprint: UInt64 {
    func mixed(_ kind: UInt64, _ parts: UInt64...) -> UInt64 { Fingerprint.mix([kind] + parts) | 1 << 63 }
    return switch self {
    case .symbol(let index, _): UInt64(index)
    case .quotient(let a, let b): mixed(1, a.fingerprint, b.fingerprint)
    case .positive(let a, _): mixed(2, a.fingerprint)
    case .whereNegative(let a, let b, let c): mixed(3, a.fingerprint, b.fingerprint, c.fingerprint)
    case .truncated(let float): mixed(4, float.fingerprint)
    case .tooLong: .max
    }
  }
}

extension Size {
  var fingerprint: UInt64 {
    Fingerprint.mix(
      terms.flatMap { term in term.monomial.atoms.map(\.fingerprint) + [UInt64(bitPattern: Int64(term.coefficient)), 7]
      })
  }
}

enum Fingerprint {
  /// Multiply and shift, as in SplitMix64.
  static func mix(_ parts: [UInt64]) -> UInt64 {
    parts.reduce(0x9e37_79b9_7f4a_7c15) { state, part in
      var mixed = (state ^ part) &* 0xbf58_476d_1ce4_e5b9
      mixed ^= mixed >> 29
      mixed = mixed &* 0x94d0_49bb_1331_11eb
      return mixed ^ mixed >> 32
    }
  }
}
