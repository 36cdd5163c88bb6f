import CPrefactor
import Foundation
import Fuzzing
import PrefactorPasses

@testable import PrefactorCompiler
@testable import PrefactorGraph
@testable import PrefactorONNX

/// What `convert`, `inspect` and `export` do with an .onnx, and a run of the result within limits of work and memory.
@main
struct FuzzONNX {
  static func main() { fuzz { try check(Data($0)) } }
}

private func check(_ bytes: Data) throws {
  var graph = try importModel(Onnx_ModelProto(serializedBytes: bytes), files: ExternalFiles(folder: weights))
  try simplify(&graph)
  try graph.countOriginalMultiplies()
  _ = try? NetworkReport(graph)
  _ = try? exportONNX(graph)
  let file = try graph.encoded()
  _ = try Graph(decoding: file)
  run(file, size: Int64(bytes.count % 16))
}

/// A folder with weights.bin, for external data.
private let weights: URL = {
  let folder = FileManager.default.temporaryDirectory.appendingPathComponent("prefactor-fuzz-\(getpid())")
  try! FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
  try! Data(repeating: 0, count: 256).write(to: folder.appendingPathComponent("weights.bin"))
  atexit { try? FileManager.default.removeItem(at: weights) }
  return folder
}()

/// `size` is that of what is open.
private func run(_ file: [UInt8], size: Int64) {
  let bytes = UnsafeMutableRawBufferPointer.allocate(byteCount: file.count, alignment: 64)
  defer { bytes.deallocate() }
  bytes.copyBytes(from: file)
  var model: OpaquePointer?
  var error = pf_error()
  guard pf_model_open_memory(bytes.baseAddress, bytes.count, nil, &model, &error) == PF_OK else {
    fatalError("what was written does not open")
  }
  defer { pf_model_close(model) }
  var options = pf_session_options.sized
  options.threads = 1
  (options.height, options.width, options.length) = (size, size, size)
  options.max_macs = 1 << 24
  options.max_bytes = 1 << 26
  var session: OpaquePointer?
  guard pf_session_create(model, &options, &session, &error) == PF_OK else { return }
  if pf_session_run(session, nil, nil, &error) != PF_OK { fatalError("a session does not run") }
  pf_session_destroy(session)
}
