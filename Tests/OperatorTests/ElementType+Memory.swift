import PrefactorModelFormat

/// Elements in memory, which a ``TestTensor`` has as numbers.
extension ElementType {
  func store(_ value: Double, in base: UnsafeMutableRawPointer, at index: Int) {
    let place = base + index * size
    switch self {
    case .float16: place.storeBytes(of: Float16(value), as: Float16.self)
    case .float32: place.storeBytes(of: Float(value), as: Float.self)
    case .uint8: place.storeBytes(of: UInt8(value), as: UInt8.self)
    case .int8: place.storeBytes(of: Int8(value), as: Int8.self)
    case .int32: place.storeBytes(of: Int32(value), as: Int32.self)
    case .int64: place.storeBytes(of: Int64(value), as: Int64.self)
    }
  }

  func load(_ base: UnsafeRawPointer, at index: Int) -> Double {
    let place = base + index * size
    return switch self {
    case .float16: Double(place.loadUnaligned(as: Float16.self))
    case .float32: Double(place.loadUnaligned(as: Float.self))
    case .uint8: Double(place.loadUnaligned(as: UInt8.self))
    case .int8: Double(place.loadUnaligned(as: Int8.self))
    case .int32: Double(place.loadUnaligned(as: Int32.self))
    case .int64: Double(place.loadUnaligned(as: Int64.self))
    }
  }

  /// A number that an element can be, from one that is at most 1.
  func element(_ value: Double) -> Double {
    switch self {
    case .float16: Double(Float16(value))
    case .float32: Double(Float(value))
    case .uint8: (abs(value) * 200).rounded()
    case .int8: (value * 100).rounded()
    case .int32, .int64: (value * 1000).rounded()
    }
  }
}
