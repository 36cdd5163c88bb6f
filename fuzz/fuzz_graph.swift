import CShims
import Fuzzing
import PrefactorCompiler
import PrefactorGraph
import PrefactorModelFormat
import PrefactorONNX

/// What `inspect`, `export` and `compress` read of a `.pfmodel`. Its checksums are made right first.
@main
struct FuzzGraph {
  static func main() {
    fuzz { bytes in
      var file = bytes
      file.withUnsafeMutableBytes { repair($0) }
      try check(file)
    }
  }
}

private func check(_ file: [UInt8]) throws {
  let graph = try Graph(decoding: file)
  _ = try? NetworkReport(graph)
  _ = try? exportONNX(graph)
  _ = try graph.encoded()
}

private func repair(_ file: UnsafeMutableRawBufferPointer) {
  typealias Header = Layout.Header
  typealias Entry = Layout.SectionEntry
  guard let base = file.baseAddress, file.count >= Header.size else { return }
  func checksum(_ offset: Int, _ count: Int) -> UInt32 { shim_crc32c(base + offset, count) }
  for index in Layout.magic.indices { file[index] = Layout.magic[index] }
  file.storeBytes(of: UInt64(file.count), toByteOffset: Header.fileLength, as: UInt64.self)
  let sections = Int(file.loadUnaligned(fromByteOffset: Header.sectionCount, as: UInt32.self))
  if sections <= (file.count - Header.size) / Entry.size {
    for section in 0..<sections {
      let entry = Header.size + section * Entry.size
      let offset = Int(clamping: file.loadUnaligned(fromByteOffset: entry + Entry.offset, as: UInt64.self))
      let length = Int(clamping: file.loadUnaligned(fromByteOffset: entry + Entry.length, as: UInt64.self))
      guard offset <= file.count, length <= file.count - offset else { continue }
      file.storeBytes(of: checksum(offset, length), toByteOffset: entry + Entry.checksum, as: UInt32.self)
    }
    file.storeBytes(
      of: checksum(Header.size, sections * Entry.size), toByteOffset: Header.tableChecksum, as: UInt32.self)
  }
  file.storeBytes(of: checksum(0, Header.checksum), toByteOffset: Header.checksum, as: UInt32.self)
}
