import CPrefactor
import CShims
import KernelContract
import PrefactorModelFormat

/// A plan with its memory and threads, ready to run. It lives in one block: the plan, the session itself, the arena and
/// the scratch.
public struct Session {
  public let model: UnsafeMutablePointer<Model>
  public let kernelSet: KernelSet
  public let totalBytes: Int
  let plan: Plan
  let state: RunState
  let isProfiling: Bool
  private let wakesThreads: Bool
  /// The plan is of one image, and run so many times.
  let images: Int
  let kernels: UnsafeMutablePointer<pf_kernels>
  let threads: UnsafeMutablePointer<ThreadPool>
  private let arena: UnsafeMutableRawPointer
  private let sharedScratch: UnsafeMutableRawPointer
  let threadScratch: UnsafeMutableRawPointer
  private let prepared: UnsafeMutableRawPointer
  /// The own buffers of the network's inputs and outputs, where the plan has room for one of several images.
  private let batch: UnsafeMutableRawPointer
  /// What of it is on an OpenCL device, if it is to run there; then there is no arena here.
  private let device: UnsafeMutablePointer<DeviceSession>?
  private let deviceBytes: Int
  /// Nil where the block is the caller's.
  private let allocator: Allocator?
  private let blocks: (planning: UnsafeMutableRawPointer, working: UnsafeMutableRawPointer)
  private let blockBytes: (planning: Int, working: Int)

  /// The parts of the working block; their addresses mean nothing when `bump` only counts.
  private struct Parts {
    let session: UnsafeMutablePointer<Session>?
    let kernels: UnsafeMutablePointer<pf_kernels>?
    let threads: UnsafeMutablePointer<ThreadPool>?
    let state: RunState?
    let arena: UnsafeMutablePointer<UInt8>?
    let sharedScratch: UnsafeMutablePointer<UInt8>?
    let threadScratch: UnsafeMutablePointer<UInt8>?
    let prepared: UnsafeMutablePointer<UInt8>?
    let batch: UnsafeMutablePointer<UInt8>?

    init(_ plan: Plan, images: Int, _ options: SessionOptions, _ bump: inout BumpAllocator) {
      session = bump.take(1, of: Session.self)
      kernels = bump.take(1, of: pf_kernels.self)
      threads = bump.take(1, of: ThreadPool.self)
      state = RunState(plan, &bump)
      arena = bump.take(options.device == nil ? plan.arenaBytes : 0, of: UInt8.self)
      sharedScratch = bump.take(plan.sharedScratch, of: UInt8.self)
      threadScratch = bump.take(bytes: Int64(plan.threadScratch) * Int64(options.threads))?.assumingMemoryBound(
        to: UInt8.self)
      prepared = bump.take(plan.preparedBytes, of: UInt8.self)
      batch = bump.take(bytes: Session.batchBytes(plan, images: images))?.assumingMemoryBound(to: UInt8.self)
    }
  }

  /// Of the inputs and outputs of all images, each beginning at a cache line; none where the plan has them all.
  private static func batchBytes(_ plan: Plan, images: Int, before value: Int? = nil) -> Int64 {
    if images == 1 { return 0 }
    var bytes: Int64 = 0
    let inputs = plan.file.count(.inputs)
    for index in 0..<inputs + plan.file.count(.outputs) {
      let other = index < inputs ? plan.file.number(.inputs, index) : plan.file.number(.outputs, index - inputs)
      if other == value { break }
      let line = Int64(Allocator.alignment)
      bytes = bytes.addingClamped((Int64(images) * Int64(plan.shapes[other]?.bytes ?? 0) + line - 1) / line * line)
    }
    return bytes
  }

  private static func workingBytes(_ plan: Plan, images: Int, _ options: SessionOptions) throws(Failure) -> Int {
    var bump = BumpAllocator(nil)
    _ = Parts(plan, images: images, options, &bump)
    return try bump.blockBytes()
  }

  /// Bytes of a block that a session fits in, wherever the block starts.
  public static func memoryRequired(_ model: UnsafeMutablePointer<Model>, _ options: SessionOptions) throws(Failure)
    -> Int
  {
    try checkFitsBlock(options)
    let allocator = model.pointee.allocator
    let size = try Plan.size(of: model.pointee.file)
    let block = try allocator.allocate(size)
    defer { allocator.release(block, size) }
    let (_, plan, images) = try makePlan(model, options, block)
    let working = try workingBytes(plan, images: images, options)
    try plan.checkLimits(options, images: images, bytes: Int64(size) + Int64(working))
    return try blockSize(size, working)
  }

  /// Of a block that both parts fit in, wherever it starts.
  private static func blockSize(_ planning: Int, _ working: Int) throws(Failure) -> Int {
    let bytes = Int64(planning) + Int64(working) + Int64(Allocator.alignment - 1)
    guard let size = Int(exactly: bytes) else {
      throw Failure(PF_ERROR_OUT_OF_MEMORY, "# bytes do not fit the address space of this processor", wide: bytes)
    }
    return size
  }

  public static func create(_ model: UnsafeMutablePointer<Model>, _ options: SessionOptions, _ allocator: Allocator)
    throws(Failure) -> UnsafeMutablePointer<Session>
  {
    let planningBytes = try Plan.size(of: model.pointee.file)
    let planning = try allocator.allocate(planningBytes)
    var working: UnsafeMutableRawPointer?
    var workingBytes = 0
    do throws(Failure) {
      let (set, plan, images) = try makePlan(model, options, planning)
      workingBytes = try Session.workingBytes(plan, images: images, options)
      let arena = options.device == nil ? 0 : plan.arenaBytes
      try plan.checkLimits(options, images: images, bytes: Int64(planningBytes) + Int64(workingBytes) + Int64(arena))
      let block = try allocator.allocate(workingBytes)
      working = block
      return try make(
        model, options, set, plan, images: images, blocks: (planning, block), bytes: (planningBytes, workingBytes),
        allocator)
    } catch {
      if let working { allocator.release(working, workingBytes) }
      allocator.release(planning, planningBytes)
      throw error
    }
  }

  public static func create(
    _ model: UnsafeMutablePointer<Model>, _ options: SessionOptions, in memory: UnsafeMutableRawPointer, size: Int
  ) throws(Failure) -> UnsafeMutablePointer<Session> {
    try checkFitsBlock(options)
    let planning = memory.alignedUp(toMultipleOf: Allocator.alignment)
    let available = size - (planning - memory)
    let planningBytes = try Plan.size(of: model.pointee.file)
    guard planningBytes <= available else {
      throw Failure(
        PF_ERROR_OUT_OF_MEMORY, "the block of # bytes is too small: the plan alone needs #", size, planningBytes)
    }
    let (set, plan, images) = try makePlan(model, options, planning)
    let workingBytes = try Session.workingBytes(plan, images: images, options)
    try plan.checkLimits(options, images: images, bytes: Int64(planningBytes) + Int64(workingBytes))
    guard workingBytes <= available - planningBytes else {
      throw Failure(
        PF_ERROR_OUT_OF_MEMORY, "the block of # bytes is too small: # are needed", size,
        try blockSize(planningBytes, workingBytes))
    }
    return try make(
      model, options, set, plan, images: images, blocks: (planning, planning + planningBytes),
      bytes: (planningBytes, workingBytes), nil)
  }

  private static func checkFitsBlock(_ options: SessionOptions) throws(Failure) {
    guard options.device == nil else {
      throw Failure(
        PF_ERROR_UNSUPPORTED, "a session on an OpenCL device does not fit a block: the driver takes memory too")
    }
  }

  private static func makePlan(
    _ model: UnsafeMutablePointer<Model>, _ options: SessionOptions, _ block: UnsafeMutableRawPointer
  ) throws(Failure) -> (KernelSet, Plan, images: Int) {
    let set = try KernelSet.choose()
    var kernels = set.kernels
    let file = model.pointee.file
    func plan(takingApart images: Int = 0) throws(Failure) -> Plan {
      var options = options
      options.imagesTakenApart = images
      return try Plan(file, in: block, options: options, kernels: &kernels, target: set.target)
    }
    // One plan after the other in the same block, of which the numbers are compared; only the one that is taken looks
    // for places.
    var whole = try plan()
    let images = whole.batch
    guard images > 1, options.device == nil, options.runsImageByImage ?? (whole.liveBytes > set.target.cacheBytes),
      whole.keepsImagesApart(images)
    else {
      try whole.place()
      return (set, whole, 1)
    }
    do throws(Failure) {
      var single = try plan(takingApart: images)
      let isBetter = options.runsImageByImage ?? whole.isWorse(than: single, images: images, on: set.target)
      if isBetter && single.keepsImagesApart(1) {
        try single.place()
        return (set, single, images)
      }
    } catch {}
    whole = try plan()
    try whole.place()
    return (set, whole, 1)
  }

  private static func make(
    _ model: UnsafeMutablePointer<Model>, _ options: SessionOptions, _ set: KernelSet, _ plan: Plan, images: Int,
    blocks: (planning: UnsafeMutableRawPointer, working: UnsafeMutableRawPointer), bytes: (planning: Int, working: Int),
    _ allocator: Allocator?
  ) throws(Failure) -> UnsafeMutablePointer<Session> {
    var bump = BumpAllocator(blocks.working)
    let parts = Parts(plan, images: images, options, &bump)
    guard let session = parts.session, let kernels = parts.kernels, let threads = parts.threads,
      let state = parts.state, let arena = parts.arena,
      let sharedScratch = parts.sharedScratch, let threadScratch = parts.threadScratch, let prepared = parts.prepared,
      let batch = parts.batch
    else { throw Failure(PF_ERROR_OUT_OF_MEMORY, "no block for the session") }
    kernels.initialize(to: set.kernels)
    state.initialize(plan)
    try ThreadPool.start(
      threads, threads: options.threads, processors: options.processors, callersPool: options.callersPool)
    var device: (session: UnsafeMutablePointer<DeviceSession>, bytes: Int)?
    if let allocator, options.device != nil {
      do throws(Failure) {
        device = try DeviceSession.create(plan, model, options, set, allocator)
      } catch {
        ThreadPool.stop(threads)
        throw error
      }
    }
    session.initialize(
      to: Session(
        model: model, kernelSet: set,
        totalBytes: Int(clamping: Int64(bytes.planning) + Int64(bytes.working) + Int64(device?.bytes ?? 0)), plan: plan,
        state: state, isProfiling: options.isProfiling,
        wakesThreads: options.alwaysWakesThreads || plan.cycles * Double(images) > Session.cyclesWorthWaking,
        images: images,
        kernels: kernels, threads: threads, arena: UnsafeMutableRawPointer(arena),
        sharedScratch: UnsafeMutableRawPointer(sharedScratch),
        threadScratch: UnsafeMutableRawPointer(threadScratch), prepared: UnsafeMutableRawPointer(prepared),
        batch: UnsafeMutableRawPointer(batch), device: device?.session, deviceBytes: device?.bytes ?? 0,
        allocator: allocator, blocks: blocks, blockBytes: bytes))
    if device == nil { session.pointee.prepare() }
    return session
  }

  public static func destroy(_ session: UnsafeMutablePointer<Session>) {
    let state = session.pointee
    // What the driver has is the parent's.
    if let device = state.device, !state.threads.pointee.isForked { DeviceSession.destroy(device) }
    ThreadPool.stop(state.threads)
    guard let allocator = state.allocator else { return }
    if let device = state.device { allocator.release(UnsafeMutableRawPointer(device), state.deviceBytes) }
    allocator.release(state.blocks.working, state.blockBytes.working)
    allocator.release(state.blocks.planning, state.blockBytes.planning)
  }
}

// MARK: Running

extension Session {
  /// A run that takes one thread no longer than this is over before others have woken and taken much of it.
  static var cyclesWorthWaking: Double { 600_000 }

  /// `inputs` and `outputs` are arrays with a pointer for each, or nil where the session's own buffer is meant; so are
  /// the arrays.
  public func run(inputs: UnsafePointer<UnsafeRawPointer?>?, outputs: UnsafePointer<UnsafeMutableRawPointer?>?)
    throws(Failure)
  {
    try threads.mayBeCancelled { () throws(Failure) in try compute(inputs, outputs) }
  }

  private func compute(_ inputs: UnsafePointer<UnsafeRawPointer?>?, _ outputs: UnsafePointer<UnsafeMutableRawPointer?>?)
    throws(Failure)
  {
    if let device {
      if threads.pointee.isForked { throw Session.forked }
      return try device.pointee.run(
        state, inputs: inputs, outputs: outputs, isProfiling: isProfiling, isCancelled: { threads.isCancelled }
      ) { step in
        threads.beginRun()
        run(step)
        threads.endRun()
      }
    }
    if wakesThreads { threads.beginRun() }
    defer { if wakesThreads { threads.endRun() } }
    for image in 0..<images {
      setBases(inputs, outputs, image: image)
      for index in 0..<plan.stepCount {
        let step = plan.steps + index
        if image == 0 { state.progress[index].nanoseconds = 0 }
        switch step.pointee.action {
        case .view, .fused, .onDemand: continue
        case .strips(let rows): runInStrips(index, of: rows)
        case .whole: time(index) { run(step.pointee) }
        }
        // What was left undone of this step is nothing that the next one may count on.
        if threads.isCancelled { throw Session.cancelled.at(node: step.pointee.node) }
      }
    }
  }

  static var forked: Failure {
    Failure(PF_ERROR_BACKEND, "the OpenCL device is the parent process's, from before the fork")
  }

  static var cancelled: Failure { Failure(PF_ERROR_CANCELLED, "the run was cancelled here") }

  /// From any thread, and from a signal's handler.
  public func cancel() { threads.cancel() }

  /// Adds to the step's time, if someone wants to know.
  func time(_ index: Int, _ body: () -> Void) {
    let start = isProfiling ? shim_nanoseconds() : 0
    body()
    if isProfiling { state.progress[index].nanoseconds += shim_nanoseconds() - start }
  }

  private func setBases(
    _ inputs: UnsafePointer<UnsafeRawPointer?>?, _ outputs: UnsafePointer<UnsafeMutableRawPointer?>?, image: Int
  ) {
    for value in 0..<plan.valueCount where plan.storages[value].offset >= 0 {
      let storage = plan.storages[value]
      state.bases[value] = arena + storage.offset
      guard storage.networkOutput >= 0 else { continue }
      let output = plan.file.number(.outputs, storage.networkOutput)
      state.bases[value] = (outputs?[storage.networkOutput] ?? ownBuffer(ofValue: output)) + image * storage.bytes
    }
    for index in 0..<plan.file.count(.inputs) {
      let value = plan.file.number(.inputs, index)
      let input = inputs?[index].map { UnsafeMutableRawPointer(mutating: $0) }
      state.bases[value] = (input ?? ownBuffer(ofValue: value)) + image * plan.storages[value].bytes
    }
  }

  /// Does what has to be done to the constants once, or again to the one, given by its number in the file, whose
  /// contents have changed. Not while a run is under way, nor for a session on a device.
  public func prepare(changed constant: Int? = nil) {
    setBases(nil, nil, image: 0)
    threads.beginRun()
    defer { threads.endRun() }
    for index in 0..<plan.stepCount where plan.steps[index].preparedBytes > 0 {
      let step = plan.steps[index]
      let weights = plan.file.operand(step.firstInput + 1)
      if let constant, weights != constant { continue }
      if let context = context(of: step) { step.operation.prepare(context) }
      // What has been prepared stands for the weights from now on.
      if let weights, let contents = (try? plan.file.value(weights))?.contents {
        model.pointee.dropPages(of: contents)
      }
    }
  }

  private func run(_ step: Step) {
    if let context = context(of: step) { step.operation.run(context) }
  }

  func context(of step: Step) -> StepContext? {
    for position in 0..<step.inputCount {
      state.operands[step.firstInput + position] = plan.input(step, position).flatMap { view(of: $0) }
    }
    guard let output = view(of: step.output) else { return nil }
    return StepContext(
      inputs: UnsafeBufferPointer(start: state.operands + step.firstInput, count: step.inputCount), output: output,
      kernels: UnsafePointer(kernels), threads: threads, sharedScratch: sharedScratch, threadScratch: threadScratch,
      threadScratchStride: plan.threadScratch, prepared: step.preparedBytes > 0 ? prepared + step.preparedOffset : nil,
      algorithm: step.algorithm,
      mergedGroups: step.mergedGroups, hasHalfWeights: step.hasHalfWeights, fused: fusedInputs(of: step))
  }

  private func fusedInputs(of step: Step) -> FusedInputs? {
    guard step.fusedGather >= 0, let indices = plan.operand(plan.steps[Int(step.fusedGather)], 1) else { return nil }
    guard step.fusedMixing >= 0 else {
      return FusedInputs(indices: view(of: indices), weights: nil, hasHalfWeights: false)
    }
    let mixing = plan.steps[Int(step.fusedMixing)]
    return FusedInputs(
      indices: view(of: indices), weights: plan.operand(mixing, 1).flatMap { view(of: $0) },
      hasHalfWeights: mixing.hasHalfWeights)
  }

  func view(of value: Int) -> TensorView? {
    let place = plan.places[value]
    guard let shape = plan.shapes[value], let base = state.bases[Int(place.root)] else { return nil }
    return TensorView(shape: shape, base: base + place.offset, pixelStride: place.pixelStride)
  }
}

// MARK: Questions

extension Session {
  /// Shape of an input or output of the model's file.
  public func shape(ofValue value: Int) -> Shape? {
    guard var shape = plan.shapes[value] else { return nil }
    if images > 1 { shape[0] = images }
    return shape
  }

  /// Where input or output `index` lies when the caller gives no buffer; nil where a device that should have it has
  /// failed.
  public func ownBuffer(_ section: SectionKind, _ index: Int) -> UnsafeMutableRawPointer? {
    if let device { return device.pointee.ownBuffer(section == .inputs ? index : plan.file.count(.inputs) + index) }
    return ownBuffer(ofValue: plan.file.number(section, index))
  }

  private func ownBuffer(ofValue value: Int) -> UnsafeMutableRawPointer {
    images > 1
      ? batch + Int(Session.batchBytes(plan, images: images, before: value))
      : arena + max(plan.storage(of: value).pointee.offset, 0)
  }

  public var stepCount: Int { plan.stepCount }
  /// What stands for the instruction set of a session on a device.
  public static var deviceISA: StaticString { "opencl" }
  public var isOnDevice: Bool { device != nil }
  public var threadCount: Int { threads.pointee.threads }
  // The session's block has room for the sums.
  public var arenaBytes: Int {
    device?.pointee.activationBytes ?? plan.arenaBytes + Int(Session.batchBytes(plan, images: images))
  }
  public var liveBytes: Int {
    device?.pointee.hasHalfActivations ?? false
      ? plan.liveBytes / 2 : plan.liveBytes + Int(Session.batchBytes(plan, images: images))
  }
  public var workspaceBytes: Int { plan.sharedScratch + plan.threadScratch * threadCount }

  public func step(_ index: Int) -> (
    operation: Operation, work: Int64, nanoseconds: UInt64, kernel: StaticString, bytes: Int64
  ) {
    let step = plan.steps[index]
    let isOnHost = device?.pointee.isOnHost(index) ?? false
    let kernel: StaticString = isOnHost ? "host" : plan.kernel(of: step)
    let saved = isOnHost ? 0 : device?.pointee.bytesSaved(by: step) ?? 0
    let bytes = step.isComputed ? (step.bytes - saved).multipliedClamped(by: Int64(images)) : 0
    return (step.operation, plan.work(index, images: images), state.progress[index].nanoseconds, kernel, bytes)
  }
}
