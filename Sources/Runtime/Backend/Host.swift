import CPrefactor
import CShims
import KernelContract
import PrefactorModelFormat

/// The processor's kernels, threads and scratch memory: whatever computes steps in memory.
package struct Host {
  package let plan: Plan
  package let state: RunState
  package let kernelSet: KernelSet
  package let isProfiling: Bool
  let kernels: UnsafeMutablePointer<pf_kernels>
  package let threads: UnsafeMutablePointer<ThreadPool>
  let sharedScratch: UnsafeMutableRawPointer
  let threadScratch: UnsafeMutableRawPointer
  private let prepared: UnsafeMutableRawPointer

  /// The parts of a session's block; their addresses mean nothing when `bump` only counts.
  struct Parts {
    let host: UnsafeMutablePointer<Host>?
    let state: RunState?
    let kernels: UnsafeMutablePointer<pf_kernels>?
    let threads: UnsafeMutablePointer<ThreadPool>?
    let sharedScratch, threadScratch, prepared: UnsafeMutableRawPointer?

    init(_ plan: Plan, threads count: Int, _ bump: inout BumpAllocator) {
      host = bump.take(1, of: Host.self)
      state = RunState(plan, &bump)
      kernels = bump.take(1, of: pf_kernels.self)
      threads = bump.take(1, of: ThreadPool.self)
      sharedScratch = bump.take(bytes: Int64(plan.sharedScratch))
      threadScratch = bump.take(bytes: Int64(plan.threadScratch) * Int64(count))
      prepared = bump.take(bytes: Int64(plan.preparedBytes))
    }
  }

  /// Starts the threads.
  static func make(_ parts: Parts, _ plan: Plan, _ set: KernelSet, _ options: SessionOptions) throws(Failure)
    -> UnsafePointer<Host>
  {
    guard let host = parts.host, let state = parts.state, let kernels = parts.kernels, let threads = parts.threads,
      let sharedScratch = parts.sharedScratch, let threadScratch = parts.threadScratch, let prepared = parts.prepared
    else { throw Failure(PF_ERROR_OUT_OF_MEMORY, "no block for the session") }
    kernels.initialize(to: set.kernels)
    state.initialize(plan)
    try ThreadPool.start(
      threads, threads: options.threads, processors: options.processors, callersPool: options.callersPool)
    host.initialize(
      to: Host(
        plan: plan, state: state, kernelSet: set, isProfiling: options.isProfiling, kernels: kernels, threads: threads,
        sharedScratch: sharedScratch, threadScratch: threadScratch, prepared: prepared))
    return UnsafePointer(host)
  }

  package var isCancelled: Bool { threads.isCancelled }

  package static var cancelled: Failure { Failure(PF_ERROR_CANCELLED, "the run was cancelled here") }
}

// MARK: Steps

extension Host {
  /// Computes a step, of values that lie where the state's bases say. All operators are in here: one copy will do.
  @inline(never)
  package func run(_ step: Step) {
    if let context = context(of: step) { step.operation.run(context) }
  }

  /// Adds to the step's time, if someone wants to know.
  package func time(_ index: Int, _ body: () -> Void) {
    let start = isProfiling ? shim_nanoseconds() : 0
    body()
    if isProfiling { state.progress[index].nanoseconds += shim_nanoseconds() - start }
  }

  /// Does what has to be done to the constants once, or again to the one that has changed.
  func prepare(_ model: UnsafeMutablePointer<Model>, changed constant: Int? = nil) {
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
      mergedGroups: step.mergedGroups, weightsType: step.weightsType,
      fused: plan.fusedInputs(of: step) { view(of: $0) })
  }

  func view(of value: Int) -> TensorView? {
    let place = plan.places[value]
    guard let shape = plan.shapes[value], let base = state.bases[Int(place.root)] else { return nil }
    return TensorView(shape: shape, base: base + place.offset, pixelStride: place.pixelStride)
  }
}
