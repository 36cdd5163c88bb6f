import CPrefactor
import PrefactorModelFormat
import PrefactorOpenCL

@_cdecl("pf_device_count") @implementation
public func pf_device_count(_ count: UnsafeMutablePointer<Int>!, _ error_: UnsafeMutablePointer<pf_error>!) -> pf_status {
  count?.pointee = 0
  do throws(Failure) {
    guard let count else { throw Failure(PF_ERROR_INVALID_ARGUMENT, "there is nowhere to put the number: the pointer is NULL") }
    var found = 0
    try withLibrary { library throws(Failure) in
      try Device.forEach(&library) { index, _ throws(Failure) in
        found = index + 1
        return true
      }
    }
    count.pointee = found
    return succeed(error_)
  } catch {
    return report(error, to: error_)
  }
}

@_cdecl("pf_device_get_info") @implementation
public func pf_device_get_info(_ index: Int, _ info: UnsafeMutablePointer<pf_device_info>!, _ error_: UnsafeMutablePointer<pf_error>!) -> pf_status {
  info?.pointee = pf_device_info()
  do throws(Failure) {
    guard let info else { throw Failure(PF_ERROR_INVALID_ARGUMENT, "there is nowhere to put the device: the pointer is NULL") }
    var isFound = false
    var description = pf_device_info()
    try withLibrary { library throws(Failure) in
      var table = library
      try Device.forEach(&library) { position, device throws(Failure) in
        if position == index {
          try device.describe(&description, &table)
          isFound = true
        }
        return !isFound
      }
    }
    guard isFound else { throw Failure(PF_ERROR_INVALID_ARGUMENT, "there is no OpenCL device #", index) }
    info.pointee = description
    return succeed(error_)
  } catch {
    return report(error, to: error_)
  }
}

private func withLibrary(_ body: (inout OpenCLLibrary) throws(Failure) -> Void) throws(Failure) {
  var library = try OpenCLLibrary.load()
  defer { library.unload() }
  try body(&library)
}
