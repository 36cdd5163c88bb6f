import CPrefactor
import PrefactorModelFormat
import PrefactorOpenCL

@_cdecl("pf_device_count") @implementation
public func pf_device_count(
  _ backend: pf_backend, _ count: UnsafeMutablePointer<Int>!, _ error_: UnsafeMutablePointer<pf_error>!
) -> pf_status {
  count?.pointee = 0
  do throws(Failure) {
    guard let count else { throw Failure(PF_ERROR_INVALID_ARGUMENT, "there is nowhere to put the number: the pointer is NULL") }
    var found = 0
    try forEachDevice(of: backend) { index, _, _ throws(Failure) in
      found = index + 1
      return true
    }
    count.pointee = found
    return succeed(error_)
  } catch {
    return report(error, to: error_)
  }
}

@_cdecl("pf_device_get_info") @implementation
public func pf_device_get_info(
  _ backend: pf_backend, _ index: Int, _ info: UnsafeMutablePointer<pf_device_info>!, _ error_: UnsafeMutablePointer<pf_error>!
) -> pf_status {
  do throws(Failure) {
    try answer(info) { () throws(Failure) in
      var isFound = false
      var description = pf_device_info()
      try forEachDevice(of: backend) { position, device, library throws(Failure) in
        if position == index {
          try device.describe(&description, &library)
          isFound = true
        }
        return !isFound
      }
      guard isFound else { throw Failure(PF_ERROR_INVALID_ARGUMENT, "the backend has no device #", index) }
      return description
    }
    return succeed(error_)
  } catch {
    return report(error, to: error_)
  }
}

/// Until `body` returns false. The CPU is no device.
private func forEachDevice(
  of backend: pf_backend, _ body: (Int, Device, inout OpenCLLibrary) throws(Failure) -> Bool
) throws(Failure) {
  if backend == PF_BACKEND_CPU { return }
  guard backend == PF_BACKEND_OPENCL else { throw Failure(PF_ERROR_INVALID_ARGUMENT, "there is no backend #", Int(backend.rawValue)) }
  var library = try OpenCLLibrary.load()
  defer { library.unload() }
  var table = library
  try Device.forEach(&library) { index, device throws(Failure) in try body(index, device, &table) }
}
