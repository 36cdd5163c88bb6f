import KernelContract

typealias Source = UnsafePointer<Float>
typealias Target = UnsafeMutablePointer<Float>

/// What a kernel over channels needs of its element: a `Vector` for most of them, a `Float` for those left over.
protocol Lanes {
  static var lanes: Int { get }
  init(_ value: Float)
  init(from source: Source)
  func store(to target: Target)
  static func + (a: Self, b: Self) -> Self
  static func * (a: Self, b: Self) -> Self
  static func / (a: Self, b: Self) -> Self
  /// a · b + c; whether that is rounded once or twice is the instruction set's matter, but the same for vectors and
  /// floats.
  static func multiplyAdd(_ a: Self, _ b: Self, _ c: Self) -> Self
  /// The larger; self where either is NaN.
  func max(_ other: Self) -> Self
  /// The smaller; self where either is NaN.
  func min(_ other: Self) -> Self
  /// NaN where either is.
  func larger(_ other: Self) -> Self
  func smaller(_ other: Self) -> Self
}

extension Lanes {
  @inline(__always)
  func clamped(_ low: Self, _ high: Self) -> Self { max(low).min(high) }
}

extension Vector: Lanes {
  @inline(__always) static var lanes: Int { scalarCount }
  @inline(__always) init(_ value: Float) { self.init(repeating: value) }
  @inline(__always) init(from source: Source) { self = UnsafeRawPointer(source).loadUnaligned(as: Vector.self) }
  @inline(__always) func store(to target: Target) {
    UnsafeMutableRawPointer(target).storeBytes(of: self, as: Vector.self)
  }
  @inline(__always) static func + (a: Vector, b: Vector) -> Vector { pf_add(a, b) }
  @inline(__always) static func - (a: Vector, b: Vector) -> Vector { pf_subtract(a, b) }
  @inline(__always) static func * (a: Vector, b: Vector) -> Vector { pf_multiply(a, b) }
  @inline(__always) static func / (a: Vector, b: Vector) -> Vector { pf_divide(a, b) }
  @inline(__always) static func multiplyAdd(_ a: Vector, _ b: Vector, _ c: Vector) -> Vector {
    pf_multiply_add(a, b, c)
  }
  @inline(__always) func max(_ other: Vector) -> Vector { pf_maximum(self, other) }
  @inline(__always) func min(_ other: Vector) -> Vector { pf_minimum(self, other) }
  @inline(__always) func larger(_ other: Vector) -> Vector { pf_larger(self, other) }
  @inline(__always) func smaller(_ other: Vector) -> Vector { pf_smaller(self, other) }

  /// Loads at most `count` lanes; the others are `fill`.
  @inline(__always)
  init(from source: Source, upTo count: Int, fill: Float = 0) {
    if count >= Vector.lanes {
      self.init(from: source)
    } else {
      self = pf_load_first(source, Int32(truncatingIfNeeded: count), Vector(fill))
    }
  }

  /// Stores at most `count` lanes.
  @inline(__always)
  func store(to target: Target, upTo count: Int) {
    if count >= Vector.lanes {
      store(to: target)
    } else {
      pf_store_first(self, target, Int32(truncatingIfNeeded: count))
    }
  }

  /// All lanes in one, from the first on.
  @inline(__always)
  func reduced(_ combine: (Float, Float) -> Float) -> Float {
    var result = self[0]
    for lane in 1..<Vector.lanes { result = combine(result, self[lane]) }
    return result
  }
}

extension Float: Lanes {
  @inline(__always) static var lanes: Int { 1 }
  @inline(__always) init(from source: Source) { self = source.pointee }
  @inline(__always) func store(to target: Target) { target.pointee = self }
  @inline(__always) static func multiplyAdd(_ a: Float, _ b: Float, _ c: Float) -> Float { pf_multiply_add(a, b, c) }
  @inline(__always) func max(_ other: Float) -> Float { self < other ? other : self }
  @inline(__always) func min(_ other: Float) -> Float { self > other ? other : self }
  @inline(__always) func larger(_ other: Float) -> Float { other.isNaN ? other : max(other) }
  @inline(__always) func smaller(_ other: Float) -> Float { other.isNaN ? other : min(other) }
}
