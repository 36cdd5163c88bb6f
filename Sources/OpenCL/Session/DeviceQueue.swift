import CPrefactor
import CShims
import PrefactorModelFormat
import PrefactorRuntime

/// The commands of one session, done in order, and the memory on the device that they work on.
struct DeviceQueue {
  let device: UnsafeMutablePointer<DeviceModel>
  let hasHalfActivations: Bool
  private var queue: cl_command_queue?
  /// Activations, and zeros for their padding.
  private(set) var arena: cl_mem?
  /// Of 32 bits: scratch memory, what steps keep, and what the host reads and writes. Part of the arena where that is
  /// of 32 bits too.
  private(set) var words: cl_mem?

  init(_ device: UnsafeMutablePointer<DeviceModel>, hasHalfActivations: Bool) {
    (self.device, self.hasHalfActivations) = (device, hasHalfActivations)
  }

  var bytesOfActivation: Int { hasHalfActivations ? 2 : 4 }

  /// What the arena and the words take together: in one buffer, or in two.
  private func bytes(activations: Int, words: Int) -> (arena: Int64, words: Int64) {
    let activations = Int64(activations)
    let words = Int64(words)
    return hasHalfActivations ? (2 * activations, 4 * words) : (4 * (activations + words), 0)
  }

  func checkFit(activations: Int, words: Int) throws(Failure) {
    let largest = device.pointee.information.largest_buffer_bytes
    let bytes = bytes(activations: activations, words: words)
    let needed = max(bytes.arena, bytes.words)
    guard UInt64(bitPattern: needed) <= largest, needed <= Int64(Int.max), activations <= Int(Int32.max) else {
      throw Failure(
        PF_ERROR_BACKEND, "the session's # bytes do not fit the device's largest buffer of #", Int(clamping: needed),
        Int(exactly: largest) ?? .max)
    }
  }

  mutating func open(activations: Int, words count: Int, isProfiling: Bool) throws(Failure) {
    try checkFit(activations: activations, words: count)
    let bytes = bytes(activations: activations, words: count)
    var status: Int32 = 0
    let properties = isProfiling ? UInt64(CL_QUEUE_PROFILING_ENABLE) : 0
    let context = device.pointee.context
    queue = try check(
      device.pointee.library.clCreateCommandQueue(context, device.pointee.device.id, properties, &status), status,
      "clCreateCommandQueue")
    // Memory that the host can reach, where both share it: then nothing is ever copied between them. Others' kernels
    // would wait for it.
    let flags = UInt64(CL_MEM_READ_WRITE | (device.pointee.information.shares_memory != 0 ? CL_MEM_ALLOC_HOST_PTR : 0))
    arena = try check(
      device.pointee.library.clCreateBuffer(context, flags, max(Int(bytes.arena), 4), nil, &status), status,
      "clCreateBuffer")
    words = arena
    guard hasHalfActivations else { return }
    words = nil
    words = try check(
      device.pointee.library.clCreateBuffer(context, flags, max(Int(bytes.words), 4), nil, &status), status,
      "clCreateBuffer")
  }

  /// Waits for what is under way. What has not been made is not released.
  mutating func close() {
    if let queue {
      _ = device.pointee.library.clFinish(queue)
      _ = device.pointee.library.clReleaseCommandQueue(queue)
    }
    if let words, words != arena { _ = device.pointee.library.clReleaseMemObject(words) }
    if let arena { _ = device.pointee.library.clReleaseMemObject(arena) }
    (queue, arena, words) = (nil, nil, nil)
  }

  /// Makes part of a buffer the host's, once all commands before are done.
  func map(_ buffer: cl_mem?, offset: Int, bytes: Int, forWriting: Bool) throws(Failure) -> UnsafeMutableRawPointer {
    var status: Int32 = 0
    let flags = UInt64(CL_MAP_READ | (forWriting ? CL_MAP_WRITE : 0))
    let mapping = device.pointee.library.clEnqueueMapBuffer(
      queue, buffer, 1, flags, offset, bytes, 0, nil, nil, &status)
    return try check(mapping, status, "clEnqueueMapBuffer")
  }

  func unmap(_ buffer: cl_mem?, _ mapping: UnsafeMutableRawPointer) throws(Failure) {
    try check(
      device.pointee.library.clEnqueueUnmapMemObject(queue, buffer, mapping, 0, nil, nil), "clEnqueueUnmapMemObject")
  }

  /// With an event where the session is profiled.
  func run(_ launch: Launch, _ event: UnsafeMutablePointer<cl_event?>?) throws(Failure) {
    var global = launch.global
    var local = launch.local
    let status = withUnsafeBytes(of: &global) { globalBytes in
      withUnsafeBytes(of: &local) { localBytes in
        device.pointee.library.clEnqueueNDRangeKernel(
          queue, launch.kernel, 3, nil, globalBytes.assumingMemoryBound(to: Int.self).baseAddress,
          launch.local.0 == 0 ? nil : localBytes.assumingMemoryBound(to: Int.self).baseAddress, 0, nil, event)
      }
    }
    try check(status, "clEnqueueNDRangeKernel")
  }

  func finish() throws(Failure) { try check(device.pointee.library.clFinish(queue), "clFinish") }

  /// How long the device took for a command that is done, which is released.
  func nanoseconds(_ event: cl_event) throws(Failure) -> UInt64 {
    defer { _ = device.pointee.library.clReleaseEvent(event) }
    var start: UInt64 = 0
    var end: UInt64 = 0
    try check(
      device.pointee.library.clGetEventProfilingInfo(event, UInt32(CL_PROFILING_COMMAND_START), 8, &start, nil),
      "clGetEventProfilingInfo")
    try check(
      device.pointee.library.clGetEventProfilingInfo(event, UInt32(CL_PROFILING_COMMAND_END), 8, &end, nil),
      "clGetEventProfilingInfo")
    return end > start ? end - start : 0
  }
}
