// Arrays that `run` and calibration read.
@testable import prefactor

@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ bytes: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  _ = try? NumPyFile.parse(Array(UnsafeBufferPointer(start: bytes, count: count)))
  return 0
}
