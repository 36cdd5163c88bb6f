import CShims

/// A run of bytes in a file, read as little-endian numbers. Offsets must have been checked by whoever asks.
public struct Bytes {
  public let base: UnsafeRawPointer
  public let count: Int

  public init(_ base: UnsafeRawPointer, count: Int) {
    self.base = base
    self.count = count
  }

  public func uint32(_ offset: Int) -> UInt32 {
    UInt32(littleEndian: base.loadUnaligned(fromByteOffset: offset, as: UInt32.self))
  }
  public func uint16(_ offset: Int) -> UInt16 {
    UInt16(littleEndian: base.loadUnaligned(fromByteOffset: offset, as: UInt16.self))
  }
  public func int32(_ offset: Int) -> Int32 { Int32(bitPattern: uint32(offset)) }
  public func float(_ offset: Int) -> Float { Float(bitPattern: uint32(offset)) }
  public func uint64(_ offset: Int) -> UInt64 {
    UInt64(littleEndian: base.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
  }
  public func double(_ offset: Int) -> Double { Double(bitPattern: uint64(offset)) }

  /// A count or index of 32 bits. Where Int has no more than 32, one that no file could be large enough for becomes
  /// another such, which can be multiplied by the size of a record.
  public func index(_ offset: Int) -> Int { Int(min(uint32(offset), UInt32(clamping: Int.max / 64))) }

  /// A count or offset of 64 bits; nil where it would not fit an Int.
  public func size(_ offset: Int) -> Int? { Int(exactly: uint64(offset)) }

  /// Nil unless all of offset ..< offset + length lies inside.
  public func slice(_ offset: Int, length: Int) -> Bytes? {
    guard offset >= 0, length >= 0, offset <= count, length <= count - offset else { return nil }
    return Bytes(base + offset, count: length)
  }

  /// CRC-32C (Castagnoli), as in iSCSI: RFC 3720, appendix B.4.
  public var checksum: UInt32 { shim_crc32c(base, count) }
}
