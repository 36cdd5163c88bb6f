import COpenCL
import CPrefactor
import CShims
import KernelContract
import PrefactorModelFormat
import PrefactorRuntime

/// A kernel with its arguments, to be run with each run of the session.
struct Launch {
  let kernel: cl_kernel
  /// Of the first of three axes, of which unused ones are 1.
  let global: (Int, Int, Int)
  let local: (Int, Int, Int)

  /// The driver chooses; only for global sizes that need no rounding.
  static var anyLocal: (Int, Int, Int) { (0, 0, 0) }
}

/// Where a kernel finds a tensor: in the session's memory on the device, or among the model's constants.
struct DeviceTensor: Strided {
  let shape: Shape
  let isConstant: Bool
  let buffer: cl_mem?
  /// In elements.
  let offset: Int
  let pixelStride: Int
}

/// Turns steps into launches. It goes through all steps twice: at first it only counts what memory and how many
/// launches they take.
///
/// Operators say what they want without asking whether it worked: the first failure is kept, and what comes after it
/// does nothing.
struct DeviceRecorder {
  let device: UnsafeMutablePointer<DeviceModel>
  let model: UnsafeMutablePointer<Model>
  /// What the host would compute with: for weights that are to be transformed, and estimates.
  let host: KernelSet
  /// Without an arena while it counts.
  var queue: DeviceQueue
  var launches: UnsafeMutablePointer<Launch>?
  private(set) var launchCount = 0
  let isTuning: Bool, savesMemory: Bool
  /// What the environment names. Looked up once, so that what is recorded is what was counted.
  let forcedAlgorithm: pf_algorithm?
  /// In the arena are first the activations of the plan and then zeros. Of the words, what the host has comes first
  /// where that is not in the arena: what stays there, and what steps on the host share; then what single steps keep,
  /// then what all share.
  private let planned: Int
  private var sizes = Sizes()
  /// As far as they have been counted.
  private let counted: Sizes

  private struct Sizes {
    var zeros = 0, staged = 0, shared = 0, kept = 0, scratch = 0
    var host: Int { staged + shared }
    var words: Int { host + kept + scratch }
  }
  private(set) var failure: Failure?

  /// One that counts.
  init(
    _ queue: DeviceQueue, _ model: UnsafeMutablePointer<Model>, _ host: KernelSet, planned: Int,
    _ options: SessionOptions
  ) throws(Failure) {
    (self.queue, device, self.model, self.host, self.planned, counted) = (
      queue, queue.device, model, host, planned, Sizes()
    )
    (isTuning, savesMemory) = (options.device.isTuning, options.savesMemory)
    forcedAlgorithm = try AlgorithmChooser.forcedAlgorithm()
  }

  /// One that records what another has counted.
  init(_ queue: DeviceQueue, _ counter: DeviceRecorder, launches: UnsafeMutablePointer<Launch>) {
    (self.queue, device, model, host) = (queue, counter.device, counter.model, counter.host)
    (planned, counted, self.launches) = (counter.planned, counter.sizes, launches)
    (isTuning, savesMemory, forcedAlgorithm) = (counter.isTuning, counter.savesMemory, counter.forcedAlgorithm)
  }

  var arena: cl_mem? { queue.arena }
  var words: cl_mem? { queue.words }
  var isCounting: Bool { arena == nil }
  var isCPU: Bool { device.pointee.information.is_gpu == 0 }
  var hasHalfActivations: Bool { queue.hasHalfActivations }
  var hasHalfArithmetic: Bool { hasHalfActivations && device.pointee.information.half_arithmetic != 0 }
  /// How much there is of both kinds of memory.
  var activationCount: Int { planned + sizes.zeros }
  var wordCount: Int { sizes.words }
  private var firstWord: Int { hasHalfActivations ? 0 : planned + counted.zeros }

  mutating func fail(_ error: Failure) { if failure == nil { failure = error } }

  /// An offset of words that a step has for itself as long as the session lives.
  mutating func keep(floats: Int) -> Int {
    let offset = firstWord + counted.host + sizes.kept
    sizes.kept += DeviceRecorder.rounded(floats)
    return checked(offset)
  }

  /// 0, and a failure, where the memory is too large already: an offset might not be a number that a kernel takes.
  private mutating func checked(_ offset: Int) -> Int {
    do throws(Failure) { try queue.checkFit(activations: activationCount, words: wordCount) } catch { fail(error) }
    return failure == nil ? offset : 0
  }

  /// An offset of so many zeros, which nothing writes to.
  mutating func zeros(floats: Int) -> Int {
    sizes.zeros = max(sizes.zeros, DeviceRecorder.rounded(floats))
    return planned
  }

  func writeZeros() throws(Failure) {
    if counted.zeros == 0 { return }
    let bytes = queue.bytesOfActivation
    let mapping = try queue.map(arena, offset: bytes * planned, bytes: bytes * counted.zeros, forWriting: true)
    memset(mapping, 0, bytes * counted.zeros)
    try queue.unmap(arena, mapping)
  }

  /// The same, of 32-bit words that `fill` writes now.
  mutating func keep(floats: Int, _ fill: (UnsafeMutablePointer<Int32>) -> Void) -> Int {
    let offset = keep(floats: floats)
    if isCounting || failure != nil { return offset }
    do throws(Failure) {
      let mapping = try queue.map(words, offset: 4 * offset, bytes: 4 * floats, forWriting: true)
      fill(mapping.assumingMemoryBound(to: Int32.self))
      try queue.unmap(words, mapping)
    } catch {
      fail(error)
    }
    return offset
  }

  /// An offset of words that a step has while it runs.
  mutating func scratch(floats: Int) -> Int {
    sizes.scratch = max(sizes.scratch, DeviceRecorder.rounded(floats))
    return checked(firstWord + counted.host + counted.kept)
  }

  /// Of both of two parts of scratch memory, the offset of each.
  mutating func scratch(floats first: Int, _ second: Int) -> (Int, Int) {
    let start = scratch(floats: DeviceRecorder.rounded(first) + second)
    return (start, failure == nil ? start + DeviceRecorder.rounded(first) : 0)
  }

  /// The floats of the widest vector that so many fill: processors have long ones, GPUs do with many work-items what
  /// those do with long vectors.
  func vector(atMost floats: Int) -> Int {
    let floats = min(floats, isCPU ? 16 : 4)
    return floats >= 16 ? 16 : floats >= 8 ? 8 : floats >= 4 ? 4 : floats >= 2 ? 2 : 1
  }

  /// 64 bytes, as on the host.
  private static func rounded(_ floats: Int) -> Int { (floats + 15) & ~15 }

  /// The forms of the constants of a depthwise convolution that mixes, and of a constant that is read as activations
  /// are; others are numbers of algorithms.
  static var mixtureForm: UInt32 { 1000 }
  static var activationForm: UInt32 { 1001 }

  /// A constant in another form. Nil while it counts, and where that failed.
  mutating func prepare(_ value: Int, form: UInt32, bytes: Int, _ fill: (UnsafeMutableRawPointer) -> Void) -> cl_mem? {
    if isCounting || failure != nil { return nil }
    do throws(Failure) {
      return try DeviceModel.preparedConstant(device, of: model, value, form: form, bytes: bytes, fill)
    } catch {
      fail(error)
      return nil
    }
  }

  /// A kernel of a family's program, its buffers in order and then its struct of arguments. `isOnScratch` if it reads
  /// and writes nothing but scratch memory.
  mutating func launch<Arguments: BitwiseCopyable>(
    _ family: pf_cl_family, _ name: StaticString, _ options: BuildOptions,
    buffers: (cl_mem?, cl_mem?, cl_mem?, cl_mem?), _ arguments: Arguments,
    global: (Int, Int, Int), local: (Int, Int, Int) = (1, 1, 1), isOnScratch: Bool = false
  ) {
    if failure != nil { return }
    if !isCounting {
      guard
        let made = make(
          family, name, options, buffers: buffers, arguments, global: global, local: local, isOnScratch: isOnScratch)
      else { return }
      launches?[launchCount] = made
    }
    launchCount += 1
  }

  /// The same, for the caller to run and release. Nil where it cannot be had.
  mutating func make<Arguments: BitwiseCopyable>(
    _ family: pf_cl_family, _ name: StaticString, _ options: BuildOptions,
    buffers: (cl_mem?, cl_mem?, cl_mem?, cl_mem?), _ arguments: Arguments,
    global: (Int, Int, Int), local: (Int, Int, Int), isOnScratch: Bool = false
  ) -> Launch? {
    var options = options
    if hasHalfActivations && !isOnScratch { options.define("HALF_ACTIVATIONS", 1) }
    do throws(Failure) {
      let program = try DeviceModel.program(device, of: model, family, name, options)
      var status: Int32 = 0
      let kernel = try check(
        device.pointee.library.clCreateKernel(program, name.cString, &status), status, "clCreateKernel")
      do throws(Failure) {
        try setArguments(kernel, buffers, arguments)
      } catch {
        _ = device.pointee.library.clReleaseKernel(kernel)
        throw error
      }
      func rounded(_ size: Int, _ part: Int) -> Int { part == 0 ? size : (size + part - 1) / part * part }
      let global = (rounded(global.0, local.0), rounded(global.1, local.1), rounded(global.2, local.2))
      return Launch(kernel: kernel, global: global, local: local)
    } catch {
      fail(error)
      return nil
    }
  }

  private func setArguments<Arguments: BitwiseCopyable>(
    _ kernel: cl_kernel, _ buffers: (cl_mem?, cl_mem?, cl_mem?, cl_mem?), _ arguments: Arguments
  ) throws(Failure) {
    var index: UInt32 = 0
    func set(_ buffer: cl_mem?) throws(Failure) {
      guard var buffer else { return }
      try check(
        device.pointee.library.clSetKernelArg(kernel, index, MemoryLayout<cl_mem>.size, &buffer), "clSetKernelArg")
      index += 1
    }
    try set(buffers.0)
    try set(buffers.1)
    try set(buffers.2)
    try set(buffers.3)
    var arguments = arguments
    try check(
      device.pointee.library.clSetKernelArg(kernel, index, MemoryLayout<Arguments>.size, &arguments), "clSetKernelArg")
  }
}

// MARK: What the host has

extension DeviceRecorder {
  /// Bytes before what steps on the host share, and of all that the host has beside the arena.
  var firstSharedByte: Int { 4 * counted.staged }
  var hostBytes: Int { 4 * counted.host }

  /// A storage's place of its own among what the host has, if it gets one: that in the arena or, where this has halves,
  /// one beside it for what the host keeps, which are the network's ends and integers.
  mutating func stage(_ storage: Storage, _ type: ElementType, isEnd: Bool) -> Int? {
    if !hasHalfActivations { return storage.offset }
    guard isEnd || type != .float32 else { return nil }
    defer { sizes.staged += DeviceRecorder.rounded((storage.bytes + 3) / 4) }
    return checked(sizes.staged) * 4
  }

  /// Makes room for what one step on the host shares with others.
  mutating func share(bytes: Int) { sizes.shared = max(sizes.shared, DeviceRecorder.rounded((bytes + 3) / 4)) }

  /// Has the device take what the host has written, or give what the host will read, where they have it in different
  /// places. Nothing but the host has integers.
  mutating func exchange(_ storage: Storage, _ type: ElementType, at hostOffset: Int, isTaken: Bool) {
    if !hasHalfActivations || type != .float32 || storage.bytes == 0 || checked(hostOffset / 4) < hostOffset / 4 {
      return
    }
    let count = storage.bytes / 4
    let vector = vector(atMost: count)
    let activations = Int32(storage.offset / 4)
    let words = Int32(hostOffset / 4)
    var options = BuildOptions()
    options.define("VECTOR", vector)
    launch(
      PF_CL_DATA_MOVEMENT, isTaken ? "take" : "give", options,
      buffers: isTaken ? (self.words, arena, nil, nil) : (arena, self.words, nil, nil),
      pf_cl_exchange(input: isTaken ? words : activations, output: isTaken ? activations : words, count: Int32(count)),
      global: ((count + vector - 1) / vector, 1, 1), local: Launch.anyLocal)
  }
}
