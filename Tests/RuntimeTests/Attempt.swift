import CPrefactor
import PrefactorModelFormat

/// What became of opening a file, creating a session, and running it once.
struct Attempt {
  enum Stage { case opening, creating, running }
  private(set) var stage = Stage.opening
  private(set) var status = PF_OK
  private(set) var message = ""

  /// Sessions that ask for more are legitimate, and not run: neither their memory nor their time says anything about
  /// damage.
  private static let mostMemory = 256 << 20
  private static let mostWork: UInt64 = 1 << 30

  init(_ bytes: [UInt8]) {
    // Exactly as long as the file, so that reading past its end is an error that a sanitizer sees.
    let copy = UnsafeMutableRawPointer.allocate(byteCount: max(bytes.count, 1), alignment: Layout.alignment)
    defer { copy.deallocate() }
    copy.copyMemory(from: bytes, byteCount: bytes.count)
    var error = pf_error()
    var model: OpaquePointer?
    status = pf_model_open_memory(copy, bytes.count, nil, &model, &error)
    defer { pf_model_close(model) }
    guard note(error) else { return }
    stage = .creating
    run(model, &error)
  }

  private mutating func run(_ model: OpaquePointer?, _ error: inout pf_error) {
    var options = pf_session_options()
    options.struct_size = MemoryLayout<pf_session_options>.size
    options.threads = 1
    var required = 0
    status = pf_session_memory_required(model, &options, &required, &error)
    guard note(error), required <= Attempt.mostMemory else { return }
    var session: OpaquePointer?
    status = pf_session_create(model, &options, &session, &error)
    defer { pf_session_destroy(session) }
    guard note(error) else { return }
    stage = .running
    var work: UInt64 = 0
    for index in 0..<pf_session_step_count(session) {
      var step = pf_step_info.sized
      _ = pf_session_step_info(session, index, &step)
      work = UInt64(clamping: work.addingReportingOverflow(step.macs).overflow ? .max : work + step.macs)
    }
    guard work <= Attempt.mostWork else { return }
    status = pf_session_run(session, nil, nil, &error)
    _ = note(error)
  }

  private mutating func note(_ error: pf_error) -> Bool {
    message = withUnsafeBytes(of: error.message) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
    return status == PF_OK
  }
}
