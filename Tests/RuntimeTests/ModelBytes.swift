import PrefactorGraph
import PrefactorModelFormat
import PrefactorTestSupport

/// A file taken apart, to be damaged in chosen places.
struct ModelBytes {
  var bytes: [UInt8]
  private(set) var sections: [Range<Int>] = []

  init(_ graph: Graph) throws {
    bytes = try graph.encoded()
    for index in 0..<Int(uint32(Layout.Header.sectionCount)) {
      let entry = ModelBytes.entry(index)
      let offset = Int(uint64(entry + Layout.SectionEntry.offset))
      sections.append(offset..<(offset + Int(uint64(entry + Layout.SectionEntry.length))))
    }
  }

  /// Where the entry of a section is in the table.
  static func entry(_ section: Int) -> Int { Layout.Header.size + section * Layout.SectionEntry.size }

  /// Empty where the file's version has none.
  func section(_ kind: SectionKind) -> Range<Int> {
    kind.rawValue <= sections.count ? sections[Int(kind.rawValue) - 1] : 0..<0
  }

  func count(_ kind: SectionKind) -> Int { section(kind).count / kind.stride }

  /// Where a record's field is.
  func field(_ kind: SectionKind, _ record: Int, _ offset: Int = 0) -> Int {
    section(kind).lowerBound + record * kind.stride + offset
  }

  func uint32(_ offset: Int) -> UInt32 { (0..<4).reduce(0) { $0 | UInt32(bytes[offset + $1]) << UInt32(8 * $1) } }
  func uint64(_ offset: Int) -> UInt64 { UInt64(uint32(offset)) | UInt64(uint32(offset + 4)) << 32 }

  mutating func set(_ offset: Int, _ value: UInt32) {
    for byte in 0..<4 { bytes[offset + byte] = UInt8(truncatingIfNeeded: value >> UInt32(8 * byte)) }
  }
  mutating func set(_ offset: Int, _ value: UInt64) {
    set(offset, UInt32(truncatingIfNeeded: value))
    set(offset + 4, UInt32(truncatingIfNeeded: value >> 32))
  }

  func setting(_ offset: Int, to value: UInt32) -> ModelBytes { with(self) { $0.set(offset, value) } }
  func setting(_ offset: Int, to value: UInt64) -> ModelBytes { with(self) { $0.set(offset, value) } }

  /// With checksums that hold again, so that what was damaged is found by other checks, or not at all. Sections that
  /// lie outside the file keep theirs.
  var repaired: ModelBytes {
    var result = self
    guard bytes.count >= ModelBytes.entry(sections.count) else { return self }
    for index in sections.indices {
      let entry = ModelBytes.entry(index)
      guard let offset = Int(exactly: result.uint64(entry + Layout.SectionEntry.offset)),
        let length = Int(exactly: result.uint64(entry + Layout.SectionEntry.length)), offset <= bytes.count,
        length <= bytes.count - offset
      else { continue }
      result.set(entry + Layout.SectionEntry.checksum, checksum(offset..<(offset + length)))
    }
    result.set(Layout.Header.tableChecksum, result.checksum(Layout.Header.size..<ModelBytes.entry(sections.count)))
    result.set(Layout.Header.checksum, result.checksum(0..<Layout.Header.checksum))
    return result
  }

  /// Cut off, with a header that says so.
  func truncated(to length: Int) -> ModelBytes {
    var result = self
    result.bytes.removeLast(bytes.count - length)
    if length >= Layout.Header.size { result.set(Layout.Header.fileLength, UInt64(length)) }
    return result.repaired
  }

  private func checksum(_ range: Range<Int>) -> UInt32 {
    bytes.withUnsafeBytes { Bytes($0.baseAddress! + range.lowerBound, count: range.count).checksum }
  }
}
