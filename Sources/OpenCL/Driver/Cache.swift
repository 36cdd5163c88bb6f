import CShims
import PrefactorModelFormat
import PrefactorRuntime

/// A folder of files, each named by its key: what was compiled and measured on this machine's devices before. A file
/// that is damaged, or of something else, is as good as none, and is written anew; it appears under its name only when
/// it is whole, so that processes may write the same one at once.
struct Cache {
  /// A magic number, the checksum of all that follows, the key and the length.
  static let headerBytes = 24
  private static var magic: UInt32 { 0x5046_434C }
  private var folder = InlineArray<512, CChar>(repeating: 0)

  /// The folder that the caller names, or else the user's; nil for "" and where there is none.
  init?(folder wanted: UnsafePointer<CChar>?) {
    let found = withUnsafeMutableBytes(of: &folder) { bytes in
      guard let base = bytes.baseAddress?.assumingMemoryBound(to: CChar.self) else { return false }
      let capacity = bytes.count - 64
      var text = Text(base, capacity: capacity)
      if let wanted {
        text.append(cString: wanted)
      } else if let home = environment("XDG_CACHE_HOME") {
        text.append(cString: home)
        text.append("/prefactor")
      } else if let home = environment("HOME") {
        text.append(cString: home)
        text.append("/.cache/prefactor")
      }
      // A path that fills the text may have been cut.
      return base.pointee != 0 && strlen(base) < capacity - 1 && shim_make_folder(base) == 0
    }
    if !found { return nil }
  }

  static func contents(_ size: Int) -> Int { size - headerBytes }

  /// Calls `body` with what is in the file of a key, if there is one and it is whole.
  func read<Result>(_ key: UInt64, _ body: (Bytes) -> Result?) -> Result? {
    withPath(key) { path in
      var size = 0
      var error: Int32 = 0
      guard let mapping = shim_map_file(path, &size, &error) else { return nil }
      defer { shim_unmap(mapping, size) }
      let file = Bytes(mapping, count: size)
      guard size > Cache.headerBytes, Cache.isWhole(file, key),
        let contents = file.slice(Cache.headerBytes, length: Cache.contents(size))
      else { return nil }
      return body(contents)
    }
  }

  private static func isWhole(_ bytes: Bytes, _ key: UInt64) -> Bool {
    guard bytes.uint32(0) == magic, bytes.uint64(8) == key, bytes.uint64(16) == UInt64(contents(bytes.count)),
      let rest = bytes.slice(8, length: bytes.count - 8)
    else { return false }
    return rest.checksum == bytes.uint32(4)
  }

  /// Writes the file of a key from a block that has room for the header before its contents.
  func write(_ key: UInt64, _ block: UnsafeMutableRawPointer, _ size: Int) {
    block.storeBytes(of: Cache.magic.littleEndian, as: UInt32.self)
    block.storeBytes(of: key.littleEndian, toByteOffset: 8, as: UInt64.self)
    block.storeBytes(of: UInt64(Cache.contents(size)).littleEndian, toByteOffset: 16, as: UInt64.self)
    let rest = Bytes(UnsafeRawPointer(block) + 8, count: size - 8)
    block.storeBytes(of: rest.checksum.littleEndian, toByteOffset: 4, as: UInt32.self)
    withPath(key) { path in _ = shim_write_file(path, block, size) }
  }

  private func withPath<Result>(_ key: UInt64, _ body: (UnsafePointer<CChar>) -> Result) -> Result {
    var path = folder
    return withUnsafeMutableBytes(of: &path) { bytes in
      let base = bytes.baseAddress!.assumingMemoryBound(to: CChar.self)
      var end = strlen(base)
      base[end] = 0x2F
      end += 1
      for digit in 0..<16 {
        let value = Int(truncatingIfNeeded: key &>> UInt64(60 &- 4 &* digit)) & 15
        base[end + digit] = CChar(truncatingIfNeeded: value < 10 ? 48 + value : 87 + value)
      }
      base[end + 16] = 0
      return body(base)
    }
  }
}
