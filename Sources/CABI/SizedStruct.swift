import CPrefactor
import PrefactorModelFormat

/// A struct of the C interface that opens with its size, which the caller sets: it may be one of an older or a newer
/// header.
public protocol SizedStruct {
  init()
  var struct_size: Int { get set }
}

extension pf_model_options: SizedStruct {}
extension pf_session_options: SizedStruct {}
extension pf_tensor_info: SizedStruct {}
extension pf_preprocessing: SizedStruct {}
extension pf_layer_info: SizedStruct {}
extension pf_session_info: SizedStruct {}
extension pf_step_info: SizedStruct {}
extension pf_device_info: SizedStruct {}

extension SizedStruct {
  /// As the header's `PF_..._INIT`.
  public static var sized: Self {
    var result = Self()
    result.struct_size = MemoryLayout<Self>.size
    return result
  }
}

/// A copy of as many bytes of the caller's options as both know; the rest has its defaults, which are 0.
func options<Options: SizedStruct>(_ given: UnsafePointer<Options>?) throws(Failure) -> Options {
  var result = Options()
  guard let given else { return result }
  let size = try sharedSize(given, MemoryLayout<Options>.size)
  withUnsafeMutableBytes(of: &result) { $0.copyMemory(from: UnsafeRawBufferPointer(start: given, count: size)) }
  return result
}

/// Answers in the caller's struct, as far as both know it: with what `body` gives, or with zeros where it fails.
func answer<Info: SizedStruct>(_ info: UnsafeMutablePointer<Info>?, _ body: () throws(Failure) -> Info) throws(Failure)
{
  guard let info else {
    throw Failure(PF_ERROR_INVALID_ARGUMENT, "there is nowhere to put the answer: the pointer is NULL")
  }
  let size = try sharedSize(info, MemoryLayout<Info>.size)
  write(Info(), to: info, bytes: size)
  write(try body(), to: info, bytes: size)
}

/// The status alone, of functions that take no `pf_error`.
func status(_ body: () throws(Failure) -> Void) -> pf_status {
  do throws(Failure) {
    try body()
    return PF_OK
  } catch {
    return error.status
  }
}

private func write<Info: SizedStruct>(_ value: Info, to info: UnsafeMutablePointer<Info>, bytes: Int) {
  var value = value
  let first = MemoryLayout<Int>.size
  withUnsafeBytes(of: &value) {
    (UnsafeMutableRawPointer(info) + first).copyMemory(from: $0.baseAddress! + first, byteCount: bytes - first)
  }
}

/// Bytes that the caller's struct and the library's have in common.
private func sharedSize(_ given: UnsafeRawPointer, _ known: Int) throws(Failure) -> Int {
  let size = given.loadUnaligned(as: Int.self)
  guard size >= MemoryLayout<Int>.size else {
    throw Failure(PF_ERROR_INVALID_ARGUMENT, "struct_size is #: a struct is to be started from PF_..._INIT", size)
  }
  return min(size, known)
}

extension Failure {
  /// Of functions that say nothing but the status.
  static var noSuchThing: Failure {
    Failure(PF_ERROR_INVALID_ARGUMENT, "the index is out of range, or the object is NULL")
  }
}
