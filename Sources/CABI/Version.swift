import CPrefactor
import PrefactorModelFormat
import PrefactorRuntime

// ctests/test_version.c checks that this is the VERSION file's text.
private var version: StaticString { "0.1.0" }

@_cdecl("pf_version") @implementation
public func pf_version() -> UnsafePointer<CChar>! { version.cString }

@_cdecl("pf_status_name") @implementation
public func pf_status_name(_ status: pf_status) -> UnsafePointer<CChar>! {
  let name: StaticString =
    switch status {
    case PF_OK: "PF_OK"
    case PF_ERROR_INVALID_ARGUMENT: "PF_ERROR_INVALID_ARGUMENT"
    case PF_ERROR_OUT_OF_MEMORY: "PF_ERROR_OUT_OF_MEMORY"
    case PF_ERROR_IO: "PF_ERROR_IO"
    case PF_ERROR_BAD_MODEL: "PF_ERROR_BAD_MODEL"
    case PF_ERROR_VERSION: "PF_ERROR_VERSION"
    case PF_ERROR_UNSUPPORTED: "PF_ERROR_UNSUPPORTED"
    case PF_ERROR_SHAPE: "PF_ERROR_SHAPE"
    case PF_ERROR_BACKEND: "PF_ERROR_BACKEND"
    case PF_ERROR_THREAD: "PF_ERROR_THREAD"
    case PF_ERROR_LIMIT: "PF_ERROR_LIMIT"
    case PF_ERROR_CANCELLED: "PF_ERROR_CANCELLED"
    default: "PF_ERROR_UNKNOWN"
    }
  return name.cString
}
