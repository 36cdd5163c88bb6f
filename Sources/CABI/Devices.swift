import CPrefactor
import PrefactorModelFormat
import PrefactorRuntime

@_cdecl("pf_device_count") @implementation
public func pf_device_count(
  _ backend: pf_backend, _ count: UnsafeMutablePointer<Int>!, _ error_: UnsafeMutablePointer<pf_error>!
) -> pf_status {
  count?.pointee = 0
  do throws(Failure) {
    guard let count else {
      throw Failure(PF_ERROR_INVALID_ARGUMENT, "there is nowhere to put the number: the pointer is NULL")
    }
    count.pointee = try built(backend).deviceCount()
    return succeed(error_)
  } catch {
    return report(error, to: error_)
  }
}

@_cdecl("pf_device_get_info") @implementation
public func pf_device_get_info(
  _ backend: pf_backend, _ index: Int, _ info: UnsafeMutablePointer<pf_device_info>!,
  _ error_: UnsafeMutablePointer<pf_error>!
) -> pf_status {
  do throws(Failure) {
    try answer(info) { () throws(Failure) in
      var description = pf_device_info()
      guard try built(backend).describeDevice(index, &description) else {
        throw Failure(PF_ERROR_INVALID_ARGUMENT, "the backend has no device #", index)
      }
      return description
    }
    return succeed(error_)
  } catch {
    return report(error, to: error_)
  }
}

private func built(_ number: pf_backend) throws(Failure) -> Backend {
  try .numbered(Int32(bitPattern: number.rawValue), orFail: PF_ERROR_BACKEND)
}
