import PrefactorModelFormat

/// Elements in memory, which a ``TestTensor`` has as numbers.
extension ElementType {
  func store(_ value: Double, in base: UnsafeMutableRawPointer, at index: Int) {
    let place = base + index * size
    switch self {
    case .float16: place.storeBytes(of: Float16(value), as: Float16.self)
    case .float32: place.storeBytes(of: Float(value), as: Float.self)
    case .int64: place.storeBytes(of: Int64(value), as: Int64.self)
    }
  }

  func load(_ base: UnsafeRawPointer, at index: Int) -> Double {
    let place = base + index * size
    return switch self {
    case .float16: Double(place.loadUnaligned(as: Float16.self))
    case .float32: Double(place.loadUnaligned(as: Float.self))
    case .int64: Double(place.loadUnaligned(as: Int64.self))
    }
  }

  /// A number that an element can be, from one that is at most 1.
  func element(_ value: Double) -> Double {
    switch self {
    case .float16: Double(Float16(value))
    case .float32: Double(Float(value))
    case .int64: (value * 1000).rounded()
    }
  }
}
