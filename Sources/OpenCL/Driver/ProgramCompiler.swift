import COpenCL
import CPrefactor
import CShims
import PrefactorModelFormat
import PrefactorRuntime

/// The options that a program is built with, which specialise it to one kernel: compilers spend a second on each.
struct BuildOptions {
  private var characters = InlineArray<1024, CChar>(repeating: 0)
  private var length = 0

  /// Subnormal numbers are zero, as on the CPU.
  init() { append("-cl-denorms-are-zero ") }

  /// As `-Dname=value`.
  mutating func define(_ name: StaticString, _ value: Int) {
    append("-D")
    append(name)
    append("=")
    var text = InlineArray<24, CChar>(repeating: 0)
    withUnsafeMutableBytes(of: &text) { bytes in
      guard let base = bytes.baseAddress?.assumingMemoryBound(to: CChar.self) else { return }
      var number = Text(base, capacity: bytes.count)
      number.append(value)
    }
    for index in text.indices where text[index] != 0 { append(byte: text[index]) }
    append(" ")
  }

  mutating func select(kernel name: StaticString) {
    append("-DKERNEL_")
    append(name)
    append(" ")
  }

  private mutating func append(_ text: StaticString) {
    for index in 0..<text.utf8CodeUnitCount { append(byte: CChar(bitPattern: text.utf8Start[index])) }
  }

  mutating func append(byte: CChar) {
    if length >= characters.count - 1 { return }
    characters[length] = byte
    length += 1
  }

  func withText<Result>(_ body: (UnsafePointer<CChar>) throws(Failure) -> Result) throws(Failure) -> Result {
    var copy = characters
    let result: Swift.Result<Result, Failure> = withUnsafeMutableBytes(of: &copy) { bytes in
      do throws(Failure) { return .success(try body(bytes.baseAddress!.assumingMemoryBound(to: CChar.self))) } catch {
        return .failure(error)
      }
    }
    return try result.get()
  }

  /// Of everything that a compiled program depends on (FNV-1a).
  func key(_ family: pf_cl_family, _ device: Fingerprint) -> UInt64 {
    var key = device
    key.add(pf_cl_arguments(family))
    key.add(pf_cl_vectors())
    key.add(pf_cl_source(family))
    var text = characters
    withUnsafeBytes(of: &text) { if let base = $0.baseAddress { key.add(base.assumingMemoryBound(to: CChar.self)) } }
    return key.value
  }
}

/// A hash of texts and numbers.
struct Fingerprint {
  private(set) var value: UInt64 = shim_fnv_start()

  init() {}

  mutating func add(_ number: Int32) {
    var number = number.littleEndian
    value = shim_fnv(value, &number, 4)
  }

  /// With its end.
  mutating func add(_ text: UnsafePointer<CChar>) { value = shim_fnv(value, text, strlen(text) + 1) }
}

/// Compiles a program, or takes it from a cache of such.
struct ProgramCompiler {
  var context: cl_context
  var device: cl_device_id
  var cache: Cache?
  /// Not where the driver does: PoCL, asked for a program, would compile it again for work-groups of any size, which
  /// takes as long as all else.
  var cachesPrograms: Bool

  init(context: cl_context, device: cl_device_id, cache: Cache?, cachesPrograms: Bool) {
    self.context = context
    self.device = device
    self.cache = cache
    self.cachesPrograms = cachesPrograms
  }

  func program(
    _ family: pf_cl_family, _ options: BuildOptions, key: UInt64, _ library: UnsafePointer<OpenCLLibrary>,
    _ allocator: Allocator,
    onError: (UnsafePointer<CChar>) -> Void
  ) throws(Failure) -> cl_program {
    if let program = cached(key, options, library) { return program }
    var status: Int32 = 0
    var sources: InlineArray<3, UnsafePointer<CChar>?> = [
      pf_cl_arguments(family), pf_cl_vectors(), pf_cl_source(family),
    ]
    let created = withUnsafeMutableBytes(of: &sources) {
      library.pointee.clCreateProgramWithSource(
        context, 3, $0.baseAddress?.assumingMemoryBound(to: UnsafePointer<CChar>?.self), nil, &status)
    }
    let program = try check(created, status, "clCreateProgramWithSource")
    do throws(Failure) {
      try build(program, options, library)
    } catch {
      report(program, library, onError)
      _ = library.pointee.clReleaseProgram(program)
      throw error
    }
    store(program, key, library, allocator)
    return program
  }

  private func build(_ program: cl_program, _ options: BuildOptions, _ library: UnsafePointer<OpenCLLibrary>)
    throws(Failure)
  {
    var device: cl_device_id? = device
    try options.withText { text throws(Failure) in
      try check(library.pointee.clBuildProgram(program, 1, &device, text, nil, nil), "clBuildProgram")
    }
  }

  private func report(
    _ program: cl_program, _ library: UnsafePointer<OpenCLLibrary>, _ onError: (UnsafePointer<CChar>) -> Void
  ) {
    var text = InlineArray<1024, CChar>(repeating: 0)
    withUnsafeMutableBytes(of: &text) { bytes in
      guard let base = bytes.baseAddress else { return }
      // A longer text is not given at all; the status says that it failed in any case.
      if library.pointee.clGetProgramBuildInfo(
        program, device, UInt32(CL_PROGRAM_BUILD_LOG), bytes.count - 1, base, nil) == 0
      {
        onError(base.assumingMemoryBound(to: CChar.self))
      }
    }
  }

  /// Nil where the cache has none that the driver takes.
  private func cached(_ key: UInt64, _ options: BuildOptions, _ library: UnsafePointer<OpenCLLibrary>) -> cl_program? {
    cache?.read(key) { contents in
      var device: cl_device_id? = device
      var length = contents.count
      var binary: UnsafePointer<UInt8>? = contents.base.assumingMemoryBound(to: UInt8.self)
      var binaryStatus: Int32 = 0
      var status: Int32 = 0
      guard
        let program = library.pointee.clCreateProgramWithBinary(
          context, 1, &device, &length, &binary, &binaryStatus, &status)
      else { return nil }
      do throws(Failure) {
        try check(status, "clCreateProgramWithBinary")
        try build(program, options, library)
        return program
      } catch {
        _ = library.pointee.clReleaseProgram(program)
        return nil
      }
    }
  }

  /// As far as that can be done: a cache that cannot be written is none.
  private func store(
    _ program: cl_program, _ key: UInt64, _ library: UnsafePointer<OpenCLLibrary>, _ allocator: Allocator
  ) {
    guard let cache, cachesPrograms else { return }
    var length = 0
    guard
      library.pointee.clGetProgramInfo(program, UInt32(CL_PROGRAM_BINARY_SIZES), MemoryLayout<Int>.size, &length, nil)
        == 0, length > 0
    else { return }
    let size = Cache.headerBytes + length
    guard let block = try? allocator.allocate(size) else { return }
    defer { allocator.release(block, size) }
    var binary: UnsafeMutableRawPointer? = block + Cache.headerBytes
    guard
      library.pointee.clGetProgramInfo(
        program, UInt32(CL_PROGRAM_BINARIES), MemoryLayout<UnsafeMutableRawPointer?>.size, &binary, nil) == 0
    else { return }
    cache.write(key, block, size)
  }
}
