import CPrefactor
import CShims
import PrefactorModelFormat
import PrefactorRuntime

/// The functions of an OpenCL library, and what their failures are made into.
typealias OpenCLLibrary = shim_opencl

extension OpenCLLibrary {
  /// Where Linux and Android systems keep it; the GPU's own library where there is no loader that finds that.
  private static var paths: [13 of StaticString] {
    [
      "libOpenCL.so.1", "libOpenCL.so", "/usr/lib/libOpenCL.so.1", "/system/vendor/lib64/libOpenCL.so",
      "/vendor/lib64/libOpenCL.so",
      "/system/lib64/libOpenCL.so", "/system/vendor/lib/libOpenCL.so", "/vendor/lib/libOpenCL.so", "libGLES_mali.so",
      "libmali.so.1", "libmali.so",
      "libPVROCL.so.1", "libPVROCL.so",
    ]
  }

  /// Finds the library: the one that the environment's `PREFACTOR_OPENCL_LIBRARY` names, or else the first of the usual
  /// ones.
  static func load() throws(Failure) -> OpenCLLibrary {
    var library = OpenCLLibrary()
    if let path = environment("PREFACTOR_OPENCL_LIBRARY") {
      if shim_opencl_load(&library, path) == 0 { return library }
      throw Failure(
        PF_ERROR_BACKEND,
        "the library that PREFACTOR_OPENCL_LIBRARY names cannot be loaded, or lacks functions of OpenCL 1.2")
    }
    let paths = OpenCLLibrary.paths
    for index in paths.indices where shim_opencl_load(&library, paths[index].cString) == 0 { return library }
    throw Failure(PF_ERROR_BACKEND, "there is no OpenCL library on this machine")
  }

  mutating func unload() { shim_opencl_unload(&self) }
}

/// Throws if a function of OpenCL did not succeed.
func check(_ status: Int32, _ function: StaticString) throws(Failure) {
  if status == 0 { return }
  throw Failure(PF_ERROR_BACKEND, "@ failed: @ (#)", Int(status)).naming(function.cString, errorName(status).cString)
}

/// The same of a function that gives an object.
func check<Object>(_ object: Object?, _ status: Int32, _ function: StaticString) throws(Failure) -> Object {
  try check(status, function)
  guard let object else { throw Failure(PF_ERROR_BACKEND, "an OpenCL function succeeded and gave nothing") }
  return object
}

private func errorName(_ status: Int32) -> StaticString {
  switch status {
  case -1: "CL_DEVICE_NOT_FOUND"
  case -2: "CL_DEVICE_NOT_AVAILABLE"
  case -3: "CL_COMPILER_NOT_AVAILABLE"
  case -4: "CL_MEM_OBJECT_ALLOCATION_FAILURE"
  case -5: "CL_OUT_OF_RESOURCES"
  case -6: "CL_OUT_OF_HOST_MEMORY"
  case -7: "CL_PROFILING_INFO_NOT_AVAILABLE"
  case -8: "CL_MEM_COPY_OVERLAP"
  case -11: "CL_BUILD_PROGRAM_FAILURE"
  case -12: "CL_MAP_FAILURE"
  case -13: "CL_MISALIGNED_SUB_BUFFER_OFFSET"
  case -14: "CL_EXEC_STATUS_ERROR_FOR_EVENTS_IN_WAIT_LIST"
  case -15: "CL_COMPILE_PROGRAM_FAILURE"
  case -30: "CL_INVALID_VALUE"
  case -31: "CL_INVALID_DEVICE_TYPE"
  case -32: "CL_INVALID_PLATFORM"
  case -33: "CL_INVALID_DEVICE"
  case -34: "CL_INVALID_CONTEXT"
  case -35: "CL_INVALID_QUEUE_PROPERTIES"
  case -36: "CL_INVALID_COMMAND_QUEUE"
  case -37: "CL_INVALID_HOST_PTR"
  case -38: "CL_INVALID_MEM_OBJECT"
  case -42: "CL_INVALID_BINARY"
  case -43: "CL_INVALID_BUILD_OPTIONS"
  case -44: "CL_INVALID_PROGRAM"
  case -45: "CL_INVALID_PROGRAM_EXECUTABLE"
  case -46: "CL_INVALID_KERNEL_NAME"
  case -47: "CL_INVALID_KERNEL_DEFINITION"
  case -48: "CL_INVALID_KERNEL"
  case -49: "CL_INVALID_ARG_INDEX"
  case -50: "CL_INVALID_ARG_VALUE"
  case -51: "CL_INVALID_ARG_SIZE"
  case -52: "CL_INVALID_KERNEL_ARGS"
  case -53: "CL_INVALID_WORK_DIMENSION"
  case -54: "CL_INVALID_WORK_GROUP_SIZE"
  case -55: "CL_INVALID_WORK_ITEM_SIZE"
  case -56: "CL_INVALID_GLOBAL_OFFSET"
  case -57: "CL_INVALID_EVENT_WAIT_LIST"
  case -58: "CL_INVALID_EVENT"
  case -59: "CL_INVALID_OPERATION"
  case -61: "CL_INVALID_BUFFER_SIZE"
  case -63: "CL_INVALID_GLOBAL_WORK_SIZE"
  case -1001: "CL_PLATFORM_NOT_FOUND_KHR"
  default: "an error of the driver's own"
  }
}
