import CPrefactor
import CShims
import PrefactorModelFormat

/// An OpenCL device that programs can be compiled for.
struct Device {
  let id: cl_device_id
  let platform: cl_platform_id

  /// The devices of all platforms, in the order in which the library gives them: `body` gets each with its index, and
  /// says whether to go on.
  static func forEach(_ library: inout OpenCLLibrary, _ body: (Int, Device) throws(Failure) -> Bool)
    throws(Failure)
  {
    var platforms = InlineArray<16, cl_platform_id?>(repeating: nil)
    var platformCount: UInt32 = 0
    let status = withUnsafeMutableBytes(of: &platforms) {
      library.clGetPlatformIDs(16, $0.baseAddress?.assumingMemoryBound(to: cl_platform_id?.self), &platformCount)
    }
    // What a loader says that knows of no platform.
    if status == -1001 { return }
    try check(status, "clGetPlatformIDs")
    var index = 0
    for number in 0..<min(Int(platformCount), 16) {
      guard let platform = platforms[number] else { continue }
      var devices = InlineArray<16, cl_device_id?>(repeating: nil)
      var deviceCount: UInt32 = 0
      let types = UInt64(CL_DEVICE_TYPE_CPU | CL_DEVICE_TYPE_GPU)
      let status = withUnsafeMutableBytes(of: &devices) {
        library.clGetDeviceIDs(
          platform, types, 16, $0.baseAddress?.assumingMemoryBound(to: cl_device_id?.self), &deviceCount)
      }
      // A platform without devices of these types.
      if status == -1 { continue }
      try check(status, "clGetDeviceIDs")
      for position in 0..<min(Int(deviceCount), 16) {
        guard let id = devices[position] else { continue }
        let device = Device(id: id, platform: platform)
        guard try device.word(CL_DEVICE_AVAILABLE, &library) != 0,
          try device.word(CL_DEVICE_COMPILER_AVAILABLE, &library) != 0
        else { continue }
        if try !body(index, device) { return }
        index += 1
      }
    }
  }

  /// The device that a caller names: by a number, or a part of the name. Without one, the first GPU, or else the first
  /// device.
  static func find(_ wanted: UnsafePointer<CChar>?, _ library: inout OpenCLLibrary) throws(Failure) -> Device {
    let wanted = wanted.flatMap { $0.pointee == 0 ? nil : $0 }
    let wantedIndex = wanted.flatMap { index($0) }
    var found: Device?
    var isGPU = false
    var count = 0
    var information = pf_device_info()
    var table = library
    try forEach(&library) { index, device throws(Failure) in
      count = index + 1
      if let wantedIndex {
        if index == wantedIndex { found = device }
      } else if let wanted {
        try device.describe(&information, &table)
        if found == nil
          && withUnsafeBytes(
            of: &information.name, { contains($0.baseAddress!.assumingMemoryBound(to: CChar.self), wanted) })
        {
          found = device
        }
      } else {
        let gpu = try device.long(CL_DEVICE_TYPE, &table) & UInt64(CL_DEVICE_TYPE_GPU) != 0
        if found == nil || gpu && !isGPU { (found, isGPU) = (device, gpu) }
      }
      return true
    }
    if let found { return found }
    if count == 0 {
      throw Failure(PF_ERROR_BACKEND, "the OpenCL library knows of no device that programs can be compiled for")
    }
    if let wantedIndex {
      throw Failure(PF_ERROR_BACKEND, "there is no OpenCL device # among the #", wantedIndex, count)
    }
    throw Failure(PF_ERROR_BACKEND, "no name of the # OpenCL devices contains what was asked for", count)
  }

  func describe(_ information: inout pf_device_info, _ library: inout OpenCLLibrary) throws(Failure) {
    information = pf_device_info()
    try text(&information.name, "clGetDeviceInfo") { library.clGetDeviceInfo(id, UInt32(CL_DEVICE_NAME), $1, $0, nil) }
    try text(&information.version, "clGetDeviceInfo") {
      library.clGetDeviceInfo(id, UInt32(CL_DEVICE_VERSION), $1, $0, nil)
    }
    try text(&information.driver, "clGetDeviceInfo") {
      library.clGetDeviceInfo(id, UInt32(CL_DRIVER_VERSION), $1, $0, nil)
    }
    try text(&information.platform, "clGetPlatformInfo") {
      library.clGetPlatformInfo(platform, UInt32(CL_PLATFORM_NAME), $1, $0, nil)
    }
    information.is_gpu = try long(CL_DEVICE_TYPE, &library) & UInt64(CL_DEVICE_TYPE_GPU) != 0 ? 1 : 0
    information.shares_memory = try word(CL_DEVICE_HOST_UNIFIED_MEMORY, &library) != 0 ? 1 : 0
    information.half_arithmetic = try hasExtension("cl_khr_fp16", &library) ? 1 : 0
    information.compute_units = Int32(clamping: try word(CL_DEVICE_MAX_COMPUTE_UNITS, &library))
    information.memory_bytes = try long(CL_DEVICE_GLOBAL_MEM_SIZE, &library)
    information.largest_buffer_bytes = try long(CL_DEVICE_MAX_MEM_ALLOC_SIZE, &library)
    information.local_bytes = try long(CL_DEVICE_LOCAL_MEM_SIZE, &library)
    information.largest_work_group = UInt64(try size(CL_DEVICE_MAX_WORK_GROUP_SIZE, &library))
  }

  private func hasExtension(_ name: StaticString, _ library: inout OpenCLLibrary) throws(Failure) -> Bool {
    try withText("clGetDeviceInfo", { library.clGetDeviceInfo(id, UInt32(CL_DEVICE_EXTENSIONS), $1, $0, nil) }) {
      names in
      contains(names.baseAddress!.assumingMemoryBound(to: CChar.self), name.cString)
    }
  }

  private func word(_ what: Int, _ library: inout OpenCLLibrary) throws(Failure) -> UInt32 {
    var number: UInt32 = 0
    try check(library.clGetDeviceInfo(id, UInt32(what), 4, &number, nil), "clGetDeviceInfo")
    return number
  }

  private func long(_ what: Int, _ library: inout OpenCLLibrary) throws(Failure) -> UInt64 {
    var number: UInt64 = 0
    try check(library.clGetDeviceInfo(id, UInt32(what), 8, &number, nil), "clGetDeviceInfo")
    return number
  }

  private func size(_ what: Int, _ library: inout OpenCLLibrary) throws(Failure) -> Int {
    var number = 0
    try check(library.clGetDeviceInfo(id, UInt32(what), MemoryLayout<Int>.size, &number, nil), "clGetDeviceInfo")
    return number
  }
}

/// Fills an array of characters of a C struct, all but its last, with as much of a text as fits.
private func text<Characters>(
  _ characters: inout Characters, _ function: StaticString, _ read: (UnsafeMutableRawPointer, Int) -> Int32
) throws(Failure) {
  try withText(function, read) { whole in
    withUnsafeMutableBytes(of: &characters) { bytes in
      bytes.copyMemory(from: UnsafeRawBufferPointer(rebasing: whole.prefix(bytes.count)))
      bytes[bytes.count - 1] = 0
    }
  }
}

/// Calls `body` with a text that a function gives, which ends with a zero.
private func withText<Result>(
  _ function: StaticString, _ read: (UnsafeMutableRawPointer, Int) -> Int32, _ body: (UnsafeRawBufferPointer) -> Result
) throws(Failure) -> Result {
  var text = InlineArray<8192, CChar>(repeating: 0)
  let (status, result) = withUnsafeMutableBytes(of: &text) { bytes in
    let status = read(bytes.baseAddress!, bytes.count - 1)
    return (status, body(UnsafeRawBufferPointer(bytes)))
  }
  // CL_INVALID_VALUE: longer than there is room for. A text can be done without.
  if status != -30 { try check(status, function) }
  return result
}

/// The number that a text consists of.
private func index(_ text: UnsafePointer<CChar>) -> Int? {
  var value = 0
  var next = text
  while next.pointee != 0 {
    guard (48...57).contains(next.pointee), value < 1000 else { return nil }
    value = value * 10 + Int(next.pointee - 48)
    next += 1
  }
  return value
}

private func contains(_ text: UnsafePointer<CChar>, _ part: UnsafePointer<CChar>) -> Bool { strstr(text, part) != nil }
