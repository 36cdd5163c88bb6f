import CPrefactor
import KernelContract
import PrefactorModelFormat

/// A plan with its memory and threads, ready to run. It lives in two blocks, or in two parts of the caller's: the plan,
/// and all else.
public struct Session {
  public let model: UnsafeMutablePointer<Model>
  public let totalBytes: Int
  let host: UnsafePointer<Host>
  private let backend: Backend
  private let part: Backend.Part
  /// The plan is of one image, and run so many times.
  let images: Int
  /// Nil where the block is the caller's.
  private let allocator: Allocator?
  private let blocks: (planning: UnsafeMutableRawPointer, working: UnsafeMutableRawPointer)
  private let blockBytes: (planning: Int, working: Int)

  /// The parts of the working block; their addresses mean nothing when `bump` only counts.
  private struct Parts {
    let session: UnsafeMutablePointer<Session>?
    let host: Host.Parts
    let backend: UnsafeMutableRawPointer?

    init(_ plan: Plan, images: Int, _ options: SessionOptions, _ bump: inout BumpAllocator) {
      session = bump.take(1, of: Session.self)
      host = Host.Parts(plan, threads: options.threads, &bump)
      backend = withUnsafePointer(to: plan) { plan in bump.take(bytes: options.backend.memory(plan, images)) }
    }
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
      let elsewhere = withUnsafePointer(to: plan) { options.backend.memoryElsewhere($0) }
      try plan.checkLimits(
        options, images: images, bytes: Int64(planningBytes) + Int64(workingBytes) + Int64(elsewhere))
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
    guard !options.backend.takesMemoryElsewhere else {
      throw Failure(PF_ERROR_UNSUPPORTED, "a session on a device does not fit a block: the driver takes memory too")
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
    guard images > 1, options.backend.plansForHost,
      options.runsImageByImage ?? (whole.liveBytes > set.target.cacheBytes),
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
    guard let session = parts.session, let block = parts.backend else {
      throw Failure(PF_ERROR_OUT_OF_MEMORY, "no block for the session")
    }
    let host = try Host.make(parts.host, plan, set, options)
    do throws(Failure) {
      let request = BackendRequest(
        model: model, options: options, host: host, images: images, block: block,
        allocator: allocator ?? model.pointee.allocator)
      let (part, bytesElsewhere) = try withUnsafePointer(to: request) { request throws(Failure) in
        try options.backend.create(request)
      }
      session.initialize(
        to: Session(
          model: model,
          totalBytes: Int(clamping: Int64(bytes.planning) + Int64(bytes.working) + Int64(bytesElsewhere)), host: host,
          backend: options.backend, part: part, images: images, allocator: allocator, blocks: blocks, blockBytes: bytes)
      )
      return session
    } catch {
      ThreadPool.stop(host.pointee.threads)
      throw error
    }
  }

  public static func destroy(_ session: UnsafeMutablePointer<Session>) {
    let state = session.pointee
    state.backend.destroy(state.part)
    ThreadPool.stop(state.host.pointee.threads)
    guard let allocator = state.allocator else { return }
    allocator.release(state.blocks.working, state.blockBytes.working)
    allocator.release(state.blocks.planning, state.blockBytes.planning)
  }
}

// MARK: Running

extension Session {
  /// `inputs` and `outputs` are arrays with a pointer for each, or nil where the session's own buffer is meant; so are
  /// the arrays.
  public func run(inputs: Backend.Inputs?, outputs: Backend.Outputs?)
    throws(Failure)
  {
    try host.pointee.threads.mayBeCancelled { () throws(Failure) in try backend.run(part, inputs, outputs) }
  }

  /// Whether a constant whose contents in the file's memory have changed can be told of.
  public var canRenewConstants: Bool { backend.renew != nil }

  /// Computes from now on with a constant, given by its number in the file, whose contents have changed. Not while a
  /// run is under way.
  public func renew(constant: Int) { backend.renew?(part, constant) }

  /// From any thread, and from a signal's handler.
  public func cancel() { host.pointee.threads.cancel() }
}

// MARK: Questions

extension Session {
  private var plan: Plan { host.pointee.plan }

  /// Shape of an input or output of the model's file.
  public func shape(ofValue value: Int) -> Shape? {
    guard var shape = plan.shapes[value] else { return nil }
    if images > 1 { shape[0] = images }
    return shape
  }

  /// Where input or output `index` lies when the caller gives no buffer; nil where a device that should have it has
  /// failed.
  public func ownBuffer(_ section: SectionKind, _ index: Int) -> UnsafeMutableRawPointer? {
    backend.buffer(part, section, index)
  }

  public var stepCount: Int { plan.stepCount }
  /// Of the kernels that the steps are computed by, or the name that stands for a device's.
  public var isa: UnsafePointer<CChar> { backend.isa?.cString ?? host.pointee.kernelSet.name }
  public var threadCount: Int { host.pointee.threads.pointee.threads }
  /// What values take, and what they need at once.
  public var valueBytes: (total: Int, live: Int) { backend.valueBytes(part) }
  public var workspaceBytes: Int { plan.sharedScratch + plan.threadScratch * threadCount }

  public func step(_ index: Int) -> (
    operation: Operation, work: Int64, nanoseconds: UInt64, kernel: StaticString, bytes: Int64
  ) {
    let step = plan.steps[index]
    let (kernel, saved) = backend.step(part, index)
    let bytes = step.isComputed ? (step.bytes - saved).multipliedClamped(by: Int64(images)) : 0
    return (
      step.operation, plan.work(index, images: images), host.pointee.state.progress[index].nanoseconds,
      kernel ?? plan.kernel(of: step), bytes
    )
  }
}
