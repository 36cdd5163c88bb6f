import Foundation
import PrefactorEngine
import PrefactorGraph
import PrefactorModelFormat
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
      let engine = try Engine(path: model.path)
      let inputs = try tensors(engine.inputs, from: model.deletingPathExtension().appendingPathExtension("inputs"))
      let expected = try tensors(engine.outputs, from: model.deletingPathExtension().appendingPathExtension("outputs"))
      for (index, pair) in zip(try engine.run(inputs), expected).enumerated() {
        XCTAssert(areClose(pair.0, pair.1), "\(model.lastPathComponent), output '\(engine.outputs[index].name)'")
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

  private func areClose(_ result: Tensor, _ expected: Tensor) -> Bool {
    guard case .float32(let now) = result.elements, case .float32(let then) = expected.elements else {
      return result == expected
    }
    // Small sums of large numbers have the errors of those.
    let largest = then.reduce(1) { max($0, abs($1)) }
    return zip(now, then).allSatisfy { abs($0 - $1) <= 1e-5 * largest }
  }

  private func tensors(_ infos: [Engine.TensorInfo], from url: URL) throws -> [Tensor] {
    var rest = try Data(contentsOf: url)
    let result = infos.map { info -> Tensor in
      let count = info.dims.reduce(1, *)
      let bytes = [UInt8](rest.prefix(count * info.type.size))
      rest.removeFirst(bytes.count)
      return bytes.withUnsafeBytes { buffer in
        switch info.type {
        case .float32:
          Tensor(
            info.dims,
            (0..<count).map {
              Float(bitPattern: UInt32(littleEndian: buffer.loadUnaligned(fromByteOffset: $0 * 4, as: UInt32.self)))
            })
        case .int64:
          Tensor(
            info.dims,
            (0..<count).map { Int64(littleEndian: buffer.loadUnaligned(fromByteOffset: $0 * 8, as: Int64.self)) })
        default: preconditionFailure("no golden file has the type \(info.type)")
        }
      }
    }
    XCTAssert(rest.isEmpty, url.lastPathComponent)
    return result
  }

  // MARK: Writing

  private func writeMissing() throws {
    let known = Set(try models.map { $0.deletingPathExtension().lastPathComponent })
    let current = folder.appendingPathComponent("v\(Layout.version)")
    try FileManager.default.createDirectory(at: current, withIntermediateDirectories: true)
    for (name, graph) in TestGraph.all where !known.contains(name) {
      let file = current.appendingPathComponent(name)
      let model = file.appendingPathExtension("pfmodel")
      let engine = try Engine(graph: graph)
      XCTAssertEqual(engine.isa, "scalar", "the reference is what the others are compared with")
      let inputs = engine.randomInputs(seed: 1)
      try Data(graph.encoded()).write(to: model)
      try data(inputs).write(to: file.appendingPathExtension("inputs"))
      try data(engine.run(inputs)).write(to: file.appendingPathExtension("outputs"))
    }
  }

  private func data(_ tensors: [Tensor]) -> Data {
    tensors.reduce(into: Data()) { data, tensor in
      switch tensor.elements {
      case .float32(let values): values.withUnsafeBytes { data.append(contentsOf: $0) }
      case .int64(let values): values.withUnsafeBytes { data.append(contentsOf: $0) }
      }
    }
  }
}
