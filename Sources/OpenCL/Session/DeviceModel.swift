import COpenCL
import CPrefactor
import CShims
import PrefactorModelFormat
import PrefactorRuntime

/// What the sessions of a model on one OpenCL device have in common: the context, the constants, and the compiled
/// programs. Made by the first of them and released with the last.
struct DeviceModel {
  var library: OpenCLLibrary
  let device: Device
  let information: pf_device_info
  let context: cl_context
  /// The bytes of the file, so that constants lie at their offsets in it.
  let constants: cl_mem
  let compiler: ProgramCompiler
  let fingerprint: Fingerprint
  private var programs: UnsafeMutablePointer<CompiledProgram>?
  private var prepared: UnsafeMutablePointer<PreparedConstant>?
  var tiles: UnsafeMutablePointer<TunedTile>?
  private var users = 1
  /// That the driver has it in.
  private let process = shim_process_number()
  private var next: UnsafeMutablePointer<DeviceModel>?

  private struct CompiledProgram {
    let key: UInt64
    let program: cl_program
    let next: UnsafeMutablePointer<CompiledProgram>?
  }

  /// A constant in another form than in the file.
  private struct PreparedConstant {
    let value: Int
    let form: UInt32
    let buffer: cl_mem
    let next: UnsafeMutablePointer<PreparedConstant>?
  }
}

extension SharedParts {
  /// The devices that a model is on.
  fileprivate var firstDevice: UnsafeMutablePointer<DeviceModel>? {
    get { self[PF_BACKEND_OPENCL]?.assumingMemoryBound(to: DeviceModel.self) }
    set { self[PF_BACKEND_OPENCL] = newValue.map { UnsafeMutableRawPointer($0) } }
  }
}

// MARK: Sharing

extension DeviceModel {
  /// The model on the device that the options name.
  static func acquire(_ model: UnsafeMutablePointer<Model>, _ options: DeviceOptions) throws(Failure)
    -> UnsafeMutablePointer<DeviceModel>
  {
    let models = model.pointee.shared
    shim_lock(&models.pointee.monitor)
    defer { shim_unlock(&models.pointee.monitor) }
    var next = models.pointee.firstDevice
    // In a child the driver may wait for ever for threads that its parent had.
    if let first = next, first.pointee.process != shim_process_number() { throw DeviceSession.forked }
    var library = try OpenCLLibrary.load()
    var isKept = false
    defer { if !isKept { library.unload() } }
    let device = try Device.find(options.name, &library)
    while let other = next {
      if other.pointee.device.id == device.id {
        other.pointee.users += 1
        return other
      }
      next = other.pointee.next
    }
    let made = try make(model, device, library, options)
    isKept = true
    made.pointee.next = models.pointee.firstDevice
    models.pointee.firstDevice = made
    return made
  }

  private static func make(
    _ model: UnsafeMutablePointer<Model>, _ device: Device, _ library: OpenCLLibrary, _ options: DeviceOptions
  ) throws(Failure) -> UnsafeMutablePointer<DeviceModel> {
    var library = library
    var information = pf_device_info()
    try device.describe(&information, &library)
    // Kernels have offsets of 32 bits, in elements.
    information.largest_buffer_bytes = min(information.largest_buffer_bytes, 0x1_FFFF_FFFC)
    let bytes = model.pointee.file.bytes
    guard UInt64(bytes.count) <= information.largest_buffer_bytes else {
      throw Failure(
        PF_ERROR_BACKEND, "the model's # bytes do not fit the device's largest buffer of #", bytes.count,
        Int(exactly: information.largest_buffer_bytes) ?? .max)
    }
    let block = try model.pointee.allocator.allocate(MemoryLayout<DeviceModel>.size)
    do throws(Failure) {
      var id: cl_device_id? = device.id
      var status: Int32 = 0
      let context = try check(library.clCreateContext(nil, 1, &id, nil, nil, &status), status, "clCreateContext")
      do throws(Failure) {
        let constants = try constantsBuffer(bytes, context, sharesMemory: information.shares_memory != 0, &library)
        var fingerprint = Fingerprint()
        add(&information.name, to: &fingerprint)
        add(&information.platform, to: &fingerprint)
        add(&information.version, to: &fingerprint)
        add(&information.driver, to: &fingerprint)
        // Tiles are of another kind.
        fingerprint.add(information.is_gpu)
        let made = block.bindMemory(to: DeviceModel.self, capacity: 1)
        made.initialize(
          to: DeviceModel(
            library: library, device: device, information: information, context: context, constants: constants,
            compiler: ProgramCompiler(
              context: context, device: device.id, cache: Cache(folder: options.cache),
              // Those in a folder that the caller has named can be shipped.
              cachesPrograms: options.cache != nil || !isPoCL(&information)),
            fingerprint: fingerprint))
        readTiles(made, model.pointee.allocator)
        return made
      } catch {
        _ = library.clReleaseContext(context)
        throw error
      }
    } catch {
      model.pointee.allocator.release(block, MemoryLayout<DeviceModel>.size)
      throw error
    }
  }

  private static func isPoCL(_ information: inout pf_device_info) -> Bool {
    let name: StaticString = "Portable Computing Language"
    return withUnsafeBytes(of: &information.platform) {
      strcmp($0.baseAddress!.assumingMemoryBound(to: CChar.self), name.cString) == 0
    }
  }

  private static func add<Characters>(_ characters: inout Characters, to fingerprint: inout Fingerprint) {
    withUnsafeBytes(of: &characters) {
      if let base = $0.baseAddress { fingerprint.add(base.assumingMemoryBound(to: CChar.self)) }
    }
  }

  /// In place where the device shares the memory and takes what is mapped from a file.
  private static func constantsBuffer(
    _ bytes: Bytes, _ context: cl_context, sharesMemory: Bool, _ library: inout OpenCLLibrary
  ) throws(Failure) -> cl_mem {
    let address = UnsafeMutableRawPointer(mutating: bytes.base)
    var status: Int32 = 0
    if sharesMemory,
      let buffer = library.clCreateBuffer(
        context, UInt64(CL_MEM_READ_ONLY | CL_MEM_USE_HOST_PTR), bytes.count, address, &status),
      status == 0
    {
      return buffer
    }
    let flags = UInt64(CL_MEM_READ_ONLY | CL_MEM_COPY_HOST_PTR)
    return try check(library.clCreateBuffer(context, flags, bytes.count, address, &status), status, "clCreateBuffer")
  }

  private init(
    library: OpenCLLibrary, device: Device, information: pf_device_info, context: cl_context, constants: cl_mem,
    compiler: ProgramCompiler,
    fingerprint: Fingerprint
  ) {
    (self.library, self.device, self.information, self.context, self.constants) = (
      library, device, information, context, constants
    )
    (self.compiler, self.fingerprint) = (compiler, fingerprint)
  }

  static func release(_ device: UnsafeMutablePointer<DeviceModel>, of model: UnsafeMutablePointer<Model>) {
    let models = model.pointee.shared
    shim_lock(&models.pointee.monitor)
    defer { shim_unlock(&models.pointee.monitor) }
    device.pointee.users -= 1
    if device.pointee.users > 0 { return }
    if models.pointee.firstDevice == device {
      models.pointee.firstDevice = device.pointee.next
    } else {
      var previous = models.pointee.firstDevice
      while let other = previous, other.pointee.next != device { previous = other.pointee.next }
      previous?.pointee.next = device.pointee.next
    }
    let allocator = model.pointee.allocator
    while let entry = device.pointee.programs {
      device.pointee.programs = entry.pointee.next
      _ = device.pointee.library.clReleaseProgram(entry.pointee.program)
      allocator.release(UnsafeMutableRawPointer(entry), MemoryLayout<CompiledProgram>.size)
    }
    while let entry = device.pointee.prepared {
      device.pointee.prepared = entry.pointee.next
      _ = device.pointee.library.clReleaseMemObject(entry.pointee.buffer)
      allocator.release(UnsafeMutableRawPointer(entry), MemoryLayout<PreparedConstant>.size)
    }
    while let entry = device.pointee.tiles {
      device.pointee.tiles = entry.pointee.next
      allocator.release(UnsafeMutableRawPointer(entry), MemoryLayout<TunedTile>.size)
    }
    _ = device.pointee.library.clReleaseMemObject(device.pointee.constants)
    _ = device.pointee.library.clReleaseContext(device.pointee.context)
    device.pointee.library.unload()
    allocator.release(UnsafeMutableRawPointer(device), MemoryLayout<DeviceModel>.size)
  }
}

// MARK: What is made once

extension DeviceModel {
  static func withLock<Result>(of model: UnsafeMutablePointer<Model>, _ body: () -> Result) -> Result {
    let models = model.pointee.shared
    shim_lock(&models.pointee.monitor)
    defer { shim_unlock(&models.pointee.monitor) }
    return body()
  }

  /// The program of one kernel, compiled if no session has before.
  static func program(
    _ device: UnsafeMutablePointer<DeviceModel>, of model: UnsafeMutablePointer<Model>, _ family: pf_cl_family,
    _ kernel: StaticString,
    _ options: BuildOptions
  ) throws(Failure) -> cl_program {
    var options = options
    options.select(kernel: kernel)
    let models = model.pointee.shared
    shim_lock(&models.pointee.monitor)
    defer { shim_unlock(&models.pointee.monitor) }
    let key = options.key(family, device.pointee.fingerprint)
    var next = device.pointee.programs
    while let entry = next {
      if entry.pointee.key == key { return entry.pointee.program }
      next = entry.pointee.next
    }
    let allocator = model.pointee.allocator
    let log = model.pointee.log
    let block = try allocator.allocate(MemoryLayout<CompiledProgram>.size)
    do throws(Failure) {
      let program = try withUnsafePointer(to: &device.pointee.library) { library throws(Failure) in
        try device.pointee.compiler.program(family, options, key: key, library, allocator) { log(PF_LOG_WARNING, $0) }
      }
      let entry = block.bindMemory(to: CompiledProgram.self, capacity: 1)
      entry.initialize(to: CompiledProgram(key: key, program: program, next: device.pointee.programs))
      device.pointee.programs = entry
      return program
    } catch {
      allocator.release(block, MemoryLayout<CompiledProgram>.size)
      throw error
    }
  }

  /// A constant in another form, of `bytes` bytes, that `fill` writes if no session has before.
  static func preparedConstant(
    _ device: UnsafeMutablePointer<DeviceModel>, of model: UnsafeMutablePointer<Model>, _ value: Int, form: UInt32,
    bytes: Int,
    _ fill: (UnsafeMutableRawPointer) -> Void
  ) throws(Failure) -> cl_mem {
    let models = model.pointee.shared
    shim_lock(&models.pointee.monitor)
    defer { shim_unlock(&models.pointee.monitor) }
    var next = device.pointee.prepared
    while let entry = next {
      if entry.pointee.value == value && entry.pointee.form == form { return entry.pointee.buffer }
      next = entry.pointee.next
    }
    let allocator = model.pointee.allocator
    let contents = try allocator.allocate(bytes)
    defer { allocator.release(contents, bytes) }
    fill(contents)
    let block = try allocator.allocate(MemoryLayout<PreparedConstant>.size)
    do throws(Failure) {
      var status: Int32 = 0
      let flags = UInt64(CL_MEM_READ_ONLY | CL_MEM_COPY_HOST_PTR)
      let buffer = try check(
        device.pointee.library.clCreateBuffer(device.pointee.context, flags, bytes, contents, &status), status,
        "clCreateBuffer")
      let entry = block.bindMemory(to: PreparedConstant.self, capacity: 1)
      entry.initialize(to: PreparedConstant(value: value, form: form, buffer: buffer, next: device.pointee.prepared))
      device.pointee.prepared = entry
      return buffer
    } catch {
      allocator.release(block, MemoryLayout<PreparedConstant>.size)
      throw error
    }
  }
}
