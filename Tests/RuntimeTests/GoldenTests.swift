import CPrefactor
import Foundation
import PrefactorEngine
import PrefactorGraph
import PrefactorModelFormat
import PrefactorTestSupport
import XCTest

/// Files in Tests/Golden, in a folder for each version of the format, are kept for ever: this release has to read what
/// any earlier one wrote. Each NAME.pfmodel has beside it the contents of its inputs and of its outputs, one tensor
/// after the other. To add what a new version of the format needs:
///
/// PREFACTOR_WRITE_GOLDEN=1 PREFACTOR_ISA=scalar swift test -c release -Xswiftc -enable-testing --filter GoldenTests
///
/// writes those networks of `TestGraph` whose file is not there yet.
final class GoldenTests: XCTestCase {
  private let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("../Golden")
    .standardized

  func testGoldenFiles() throws {
    if ProcessInfo.processInfo.environment["PREFACTOR_WRITE_GOLDEN"] != nil { try writeMissing() }
    let models = try self.models
    XCTAssertFalse(models.isEmpty)
    for model in models {
      let session = try ByteSession([UInt8](Data(contentsOf: model)))
      let inputs = try tensors(session.inputs, from: model.deletingPathExtension().appendingPathExtension("inputs"))
      let expected = try tensors(session.outputs, from: model.deletingPathExtension().appendingPathExtension("outputs"))
      for (info, pair) in zip(session.outputs, zip(try session.run(inputs), expected)) {
        XCTAssert(
          areClose(pair.0, pair.1, info.type), "\(model.lastPathComponent), output '\(String(cString: info.name))'")
      }
    }
  }

  private var models: [URL] {
    get throws {
      let manager = FileManager.default
      let versions = try manager.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil).filter(
        \.hasDirectoryPath)
      return try versions.flatMap { try manager.contentsOfDirectory(at: $0, includingPropertiesForKeys: nil) }.filter {
        $0.pathExtension == "pfmodel"
      }
    }
  }

  private func areClose(_ result: [UInt8], _ expected: [UInt8], _ type: pf_type) -> Bool {
    guard type == PF_FLOAT32 else { return result == expected }
    let (now, then) = (floats(result), floats(expected))
    // Small sums of large numbers have the errors of those.
    let largest = then.reduce(1) { max($0, abs($1)) }
    return zip(now, then).allSatisfy { abs($0 - $1) <= 1e-5 * largest }
  }

  private func floats(_ bytes: [UInt8]) -> [Float] {
    bytes.withUnsafeBytes { Array($0.bindMemory(to: Float.self)) }
  }

  private func tensors(_ infos: [pf_tensor_info], from url: URL) throws -> [[UInt8]] {
    var rest = try Data(contentsOf: url)
    let result = infos.map { info in
      let bytes = [UInt8](rest.prefix(info.bytes))
      rest.removeFirst(bytes.count)
      return bytes
    }
    XCTAssert(rest.isEmpty, url.lastPathComponent)
    return result
  }

  // MARK: Writing

  private func writeMissing() throws {
    let known = Set(try models.map { $0.deletingPathExtension().lastPathComponent })
    for (name, graph) in TestGraph.all where !known.contains(name) {
      let bytes = try graph.encoded()
      let current = folder.appendingPathComponent("v\(bytes[Layout.Header.version])")
      try FileManager.default.createDirectory(at: current, withIntermediateDirectories: true)
      let file = current.appendingPathComponent(name)
      let model = file.appendingPathExtension("pfmodel")
      let session = try ByteSession(bytes)
      var info = pf_session_info.sized
      XCTAssertEqual(pf_session_get_info(session.session, &info), PF_OK)
      XCTAssertEqual(String(cString: info.isa), "scalar", "the reference is what the others are compared with")
      let inputs = session.inputs.enumerated().map { contents($1, seed: $0) }
      try Data(bytes).write(to: model)
      try Data(inputs.joined()).write(to: file.appendingPathExtension("inputs"))
      try Data(session.run(inputs).joined()).write(to: file.appendingPathExtension("outputs"))
    }
  }

  /// Numbers in 0.1 ... 2, of which every function has a value; 0, 1, 2, … ; or any bytes.
  private func contents(_ info: pf_tensor_info, seed: Int) -> [UInt8] {
    let count = info.bytes
    switch info.type {
    case PF_FLOAT32: return Tensor.random([count / 4], seed: 1 + seed, in: 0.1...2).floats.withUnsafeBytes { Array($0) }
    case PF_INT64: return (0..<count / 8).map { Int64($0) }.withUnsafeBytes { Array($0) }
    default: return (0..<count).map { UInt8(truncatingIfNeeded: 37 * $0 + 129) }
    }
  }
}
