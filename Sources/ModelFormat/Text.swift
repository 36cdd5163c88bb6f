/// Text of bounded length in a buffer of C's, always terminated; what does not fit is cut.
public struct Text {
  private let buffer: UnsafeMutablePointer<CChar>
  private let capacity: Int
  private var length = 0

  public init(_ buffer: UnsafeMutablePointer<CChar>, capacity: Int) {
    self.buffer = buffer
    self.capacity = capacity
    buffer[0] = 0
  }

  public mutating func append(byte: CChar) {
    guard length < capacity - 1 else { return }
    buffer[length] = byte
    length += 1
    buffer[length] = 0
  }

  public mutating func append(cString text: UnsafePointer<CChar>) {
    var next = text
    while next.pointee != 0 {
      append(byte: next.pointee)
      next += 1
    }
  }

  public mutating func append(_ text: StaticString) { append(cString: text.cString) }

  public mutating func append(_ number: Int) { append(Int64(number)) }

  public mutating func append(_ number: Int64) {
    var divisor: UInt64 = 1
    let magnitude = number.magnitude
    if number < 0 { append("-") }
    while magnitude / divisor >= 10 { divisor *= 10 }
    while divisor > 0 {
      append(byte: CChar(truncatingIfNeeded: 48 + UInt32(truncatingIfNeeded: magnitude / divisor % 10)))
      divisor /= 10
    }
  }
}

extension StaticString {
  /// String literals end in NUL.
  public var cString: UnsafePointer<CChar> { UnsafeRawPointer(utf8Start).assumingMemoryBound(to: CChar.self) }
}
