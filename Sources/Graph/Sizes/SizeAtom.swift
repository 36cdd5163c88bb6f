/// What is no polynomial of other sizes.
final class SizeAtom: Hashable, Comparable, Sendable {
  enum Kind: Hashable, Sendable {
    case symbol(Int, SizeBounds)
    /// ⌊a / b⌋.
    case quotient(Size, Size)
    /// max(a, 0): minima and maxima are sums with one of these.
    case positive(Size)
    /// a < 0 ? b : c.
    case whereNegative(Size, Size, Size)
    case truncated(FloatSize)
    case tooLong
  }

  let kind: Kind
  let bounds: SizeBounds
  let weight: Int
  /// The same in every process, unlike a hash value, and so an order that files may depend on.
  let fingerprint: UInt64

  init(_ kind: Kind) {
    self.kind = kind
    bounds = kind.bounds
    weight = kind.weight
    fingerprint = kind.fingerprint
  }

  static func == (left: SizeAtom, right: SizeAtom) -> Bool {
    left === right || left.fingerprint == right.fingerprint && left.kind == right.kind
  }

  func hash(into hasher: inout Hasher) { hasher.combine(fingerprint) }

  static func < (left: SizeAtom, right: SizeAtom) -> Bool { left.fingerprint < right.fingerprint }
}

extension SizeAtom.Kind {
  fileprivate var weight: Int {
    switch self {
    case .symbol: 1
    case .quotient(let a, let b): 1 + a.weight + b.weight
    case .positive(let a): 1 + a.weight
    case .whereNegative(let a, let b, let c): 1 + a.weight + b.weight + c.weight
    case .truncated(let float): 1 + float.weight
    case .tooLong: 1 << 20
    }
  }

  fileprivate var bounds: SizeBounds {
    switch self {
    case .symbol(_, let bounds): bounds
    case .quotient(let a, let b): a.bounds.quotient(b.bounds)
    case .positive(let a): a.bounds.positive
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
    case .positive(let a): mixed(2, a.fingerprint)
    case .whereNegative(let a, let b, let c): mixed(3, a.fingerprint, b.fingerprint, c.fingerprint)
    case .truncated(let float): mixed(4, float.fingerprint)
    case .tooLong: .max
    }
  }
}

extension Size {
  var fingerprint: UInt64 {
    Fingerprint.mix(terms.flatMap { term in term.monomial.atoms.map(\.fingerprint) + [UInt64(bitPattern: Int64(term.coefficient)), 7] })
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
