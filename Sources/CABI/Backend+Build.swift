import CPrefactor
import PrefactorModelFormat
import PrefactorRuntime

#if PREFACTOR_OPENCL
import PrefactorOpenCL
#endif

extension Backend {
  /// The backends of this build, by their numbers in the C interface; nil for one that it was built without.
  static func numbered(_ number: Int32) throws(Failure) -> Backend? {
    switch pf_backend(UInt32(bitPattern: number)) {
    case PF_BACKEND_CPU: return .cpu
    #if PREFACTOR_OPENCL
    case PF_BACKEND_OPENCL: return .openCL
    #else
    case PF_BACKEND_OPENCL: return nil
    #endif
    default: throw Failure(PF_ERROR_INVALID_ARGUMENT, "there is no backend #", Int(number))
    }
  }

  /// The same, or an error of this status for one that the build is without.
  static func numbered(_ number: Int32, orFail status: pf_status) throws(Failure) -> Backend {
    guard let backend = try numbered(number) else { throw Failure(status, "this library was built without OpenCL") }
    return backend
  }
}
