import KernelContract

/// Two elements side by side, which don't wait for each other. Two pairs make a block of four.
struct Pair<Half: Lanes>: Lanes {
  private let a, b: Half

  @inline(__always) static var lanes: Int { 2 * Half.lanes }

  @inline(__always)
  private init(_ a: Half, _ b: Half) {
    self.a = a
    self.b = b
  }

  @inline(__always) init(_ value: Float) { self.init(Half(value), Half(value)) }
  @inline(__always) init(from source: Source) { self.init(Half(from: source), Half(from: source + Half.lanes)) }

  @inline(__always)
  func store(to target: Target) {
    a.store(to: target)
    b.store(to: target + Half.lanes)
  }

  @inline(__always) static func + (x: Pair, y: Pair) -> Pair { Pair(x.a + y.a, x.b + y.b) }
  @inline(__always) static func * (x: Pair, y: Pair) -> Pair { Pair(x.a * y.a, x.b * y.b) }
  @inline(__always) static func / (x: Pair, y: Pair) -> Pair { Pair(x.a / y.a, x.b / y.b) }
  @inline(__always) func max(_ other: Pair) -> Pair { Pair(a.max(other.a), b.max(other.b)) }
  @inline(__always) func min(_ other: Pair) -> Pair { Pair(a.min(other.a), b.min(other.b)) }
  @inline(__always) func larger(_ other: Pair) -> Pair { Pair(a.larger(other.a), b.larger(other.b)) }
  @inline(__always) func smaller(_ other: Pair) -> Pair { Pair(a.smaller(other.a), b.smaller(other.b)) }

  @inline(__always)
  static func multiplyAdd(_ x: Pair, _ y: Pair, _ z: Pair) -> Pair {
    Pair(Half.multiplyAdd(x.a, y.a, z.a), Half.multiplyAdd(x.b, y.b, z.b))
  }

  /// Both halves in one.
  @inline(__always)
  func folded(_ combine: (Half, Half) -> Half) -> Half { combine(a, b) }
}

typealias VectorPair = Pair<Vector>
typealias VectorBlock = Pair<Pair<Vector>>

/// Four lanes where a vector has more.
struct Four: Lanes {
  private let value: SIMD4<Float>

  @inline(__always) static var lanes: Int { 4 }
  @inline(__always) private init(_ value: SIMD4<Float>) { self.value = value }
  @inline(__always) init(_ value: Float) { self.init(SIMD4(repeating: value)) }
  @inline(__always) init(from source: Source) {
    self.init(UnsafeRawPointer(source).loadUnaligned(as: SIMD4<Float>.self))
  }
  @inline(__always) func store(to target: Target) {
    UnsafeMutableRawPointer(target).storeBytes(of: value, as: SIMD4<Float>.self)
  }
  @inline(__always) static func + (a: Four, b: Four) -> Four { Four(pf_add(a.value, b.value)) }
  @inline(__always) static func * (a: Four, b: Four) -> Four { Four(pf_multiply(a.value, b.value)) }
  @inline(__always) static func / (a: Four, b: Four) -> Four { Four(pf_divide(a.value, b.value)) }
  @inline(__always) func max(_ other: Four) -> Four { Four(pf_maximum(value, other.value)) }
  @inline(__always) func min(_ other: Four) -> Four { Four(pf_minimum(value, other.value)) }
  @inline(__always) func larger(_ other: Four) -> Four { Four(pf_larger(value, other.value)) }
  @inline(__always) func smaller(_ other: Four) -> Four { Four(pf_smaller(value, other.value)) }

  @inline(__always)
  static func multiplyAdd(_ a: Four, _ b: Four, _ c: Four) -> Four { Four(pf_multiply_add(a.value, b.value, c.value)) }
}
