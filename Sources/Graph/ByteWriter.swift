import PrefactorModelFormat

/// Collects little-endian numbers.
struct ByteWriter {
  private(set) var bytes: [UInt8] = []

  var count: Int { bytes.count }

  /// CRC-32C of what has been written.
  var checksum: UInt32 {
    bytes.withUnsafeBytes { buffer in buffer.baseAddress.map { Bytes($0, count: buffer.count).checksum } ?? 0 }
  }

  mutating func append(byte: UInt8) { bytes.append(byte) }
  mutating func append(_ number: UInt32) { withUnsafeBytes(of: number.littleEndian) { bytes.append(contentsOf: $0) } }
  mutating func append(_ number: UInt64) { withUnsafeBytes(of: number.littleEndian) { bytes.append(contentsOf: $0) } }
  mutating func append(_ contents: UnsafeRawBufferPointer) { bytes.append(contentsOf: contents) }
  mutating func append(_ other: ByteWriter) { bytes.append(contentsOf: other.bytes) }
  mutating func append(zeros count: Int) { bytes.append(contentsOf: repeatElement(0, count: count)) }

  /// Fills up to the format's alignment, counted from `start` bytes before.
  mutating func align(after start: Int = 0) {
    append(zeros: -(start + count) & (Layout.alignment - 1))
  }
}

/// NUL-terminated strings, each once, and where they start.
struct StringTable {
  private(set) var bytes = ByteWriter()
  private var offsets: [String: UInt32] = [:]

  init() { _ = offset(of: "") }

  mutating func offset(of text: String) -> UInt32 {
    if let offset = offsets[text] { return offset }
    let offset = UInt32(bytes.count)
    // A NUL inside would end the string early.
    for byte in text.utf8 where byte != 0 { bytes.append(byte: byte) }
    bytes.append(byte: 0)
    offsets[text] = offset
    return offset
  }
}
