import CPrefactor
import PrefactorEngine
import PrefactorModelFormat
import XCTest

/// A file in memory and a session on it, through the C interface. Its inputs and outputs are bytes, so that they may be
/// of any type.
final class ByteSession {
  let model: OpaquePointer
  let session: OpaquePointer
  private let bytes: UnsafeMutableRawPointer

  init(_ file: [UInt8]) throws {
    bytes = UnsafeMutableRawPointer.allocate(byteCount: max(file.count, 1), alignment: Layout.alignment)
    bytes.copyMemory(from: file, byteCount: file.count)
    var error = pf_error()
    var handle: OpaquePointer?
    XCTAssertEqual(pf_model_open_memory(bytes, file.count, nil, &handle, &error), PF_OK)
    model = try XCTUnwrap(handle)
    XCTAssertEqual(pf_session_create(model, nil, &handle, &error), PF_OK)
    session = try XCTUnwrap(handle)
  }

  deinit {
    pf_session_destroy(session)
    pf_model_close(model)
    bytes.deallocate()
  }

  var inputs: [pf_tensor_info] { infos(pf_model_input_count(model)) { pf_session_input_info(session, $0, &$1) } }
  var outputs: [pf_tensor_info] { infos(pf_model_output_count(model)) { pf_session_output_info(session, $0, &$1) } }

  private func infos(_ count: Int, _ ask: (Int, inout pf_tensor_info) -> pf_status) -> [pf_tensor_info] {
    (0..<count).map { index in
      var info = pf_tensor_info.sized
      XCTAssertEqual(ask(index, &info), PF_OK)
      return info
    }
  }

  func run(_ inputs: [[UInt8]]) throws -> [[UInt8]] {
    for (index, input) in inputs.enumerated() {
      try XCTUnwrap(pf_session_input_buffer(session, index)).copyMemory(from: input, byteCount: input.count)
    }
    var error = pf_error()
    XCTAssertEqual(pf_session_run(session, nil, nil, &error), PF_OK)
    return outputs.enumerated().map { index, info in
      Array(UnsafeRawBufferPointer(start: pf_session_output_buffer(session, index), count: info.bytes))
    }
  }
}
