import CPrefactor
import PrefactorModelFormat
import PrefactorRuntime

extension Backend {
  public static var openCL: Backend {
    func session(_ part: Part) -> UnsafeMutablePointer<DeviceSession> {
      part.assumingMemoryBound(to: DeviceSession.self)
    }
    var backend = Backend(
      PF_BACKEND_OPENCL,
      create: { request throws(Failure) in try DeviceSession.create(request.pointee) },
      run: { part, inputs, outputs throws(Failure) in try session(part).pointee.run(inputs, outputs) },
      buffer: { part, section, index in session(part).pointee.ownBuffer(section, index) },
      valueBytes: { part in session(part).pointee.valueBytes })
    backend.isa = "opencl"
    backend.deviceCount = { () throws(Failure) in try OpenCLDevices.count() }
    backend.describeDevice = { index, description throws(Failure) in
      try OpenCLDevices.describe(index, &description.pointee)
    }
    backend.takesMemoryElsewhere = true
    backend.memory = { plan, _ in
      var bump = BumpAllocator(nil)
      _ = HostPlaces(plan.pointee, &bump)
      return bump.used
    }
    backend.memoryElsewhere = { plan in plan.pointee.arenaBytes }
    backend.destroy = { part in DeviceSession.destroy(session(part)) }
    backend.step = { part, index in session(part).pointee.describe(index) }
    return backend
  }
}

/// All devices of all platforms.
private enum OpenCLDevices {
  static func count() throws(Failure) -> Int {
    var count = 0
    try forEach { index, _, _ throws(Failure) in
      count = index + 1
      return true
    }
    return count
  }

  /// Says whether there is a device of that number.
  static func describe(_ index: Int, _ description: inout pf_device_info) throws(Failure) -> Bool {
    var isFound = false
    try forEach { position, device, library throws(Failure) in
      if position == index {
        try device.describe(&description, &library)
        isFound = true
      }
      return !isFound
    }
    return isFound
  }

  /// Until `body` returns false.
  private static func forEach(_ body: (Int, Device, inout OpenCLLibrary) throws(Failure) -> Bool) throws(Failure) {
    var library = try OpenCLLibrary.load()
    defer { library.unload() }
    var table = library
    try Device.forEach(&library) { index, device throws(Failure) in try body(index, device, &table) }
  }
}
