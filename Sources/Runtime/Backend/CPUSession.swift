import CPrefactor
import PrefactorModelFormat

/// A session on the processor: the host computes all steps in one arena.
struct CPUSession {
  fileprivate let host: UnsafePointer<Host>
  private let model: UnsafeMutablePointer<Model>
  private let wakesThreads: Bool
  /// The plan is of one image, and run so many times.
  private let images: Int
  private let arena: UnsafeMutableRawPointer
  /// The own buffers of the network's inputs and outputs, where the plan has room for one of several images.
  private let batch: UnsafeMutableRawPointer

  fileprivate struct Parts {
    let session: UnsafeMutablePointer<CPUSession>?
    let arena, batch: UnsafeMutableRawPointer?

    init(_ plan: Plan, _ images: Int, _ bump: inout BumpAllocator) {
      session = bump.take(1, of: CPUSession.self)
      arena = bump.take(bytes: Int64(plan.arenaBytes))
      batch = bump.take(bytes: CPUSession.batchBytes(plan, images))
    }
  }

  /// Of the inputs and outputs of all images, each beginning at a cache line; none where the plan has them all.
  private static func batchBytes(_ plan: Plan, _ images: Int, before value: Int? = nil) -> Int64 {
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

  fileprivate static func create(_ request: BackendRequest) throws(Failure) -> Backend.Made {
    var bump = BumpAllocator(request.block)
    let plan = request.host.pointee.plan
    let parts = Parts(plan, request.images, &bump)
    guard let session = parts.session, let arena = parts.arena, let batch = parts.batch else {
      throw Failure(PF_ERROR_OUT_OF_MEMORY, "no block for the session")
    }
    session.initialize(
      to: CPUSession(
        host: request.host, model: request.model,
        wakesThreads: request.options.alwaysWakesThreads
          || plan.cycles * Double(request.images) > ThreadPool.cyclesWorthWaking,
        images: request.images, arena: arena, batch: batch))
    session.pointee.prepare()
    return (UnsafeMutableRawPointer(session), 0)
  }

  /// What steps make of constants.
  fileprivate func prepare(changed constant: Int? = nil) {
    setBases(nil, nil, image: 0)
    host.pointee.prepare(model, changed: constant)
  }

  fileprivate func run(
    _ inputs: Backend.Inputs?, _ outputs: Backend.Outputs?
  ) throws(Failure) {
    if wakesThreads { host.pointee.threads.beginRun() }
    defer { if wakesThreads { host.pointee.threads.endRun() } }
    for image in 0..<images {
      setBases(inputs, outputs, image: image)
      for index in 0..<host.pointee.plan.stepCount {
        let step = host.pointee.plan.steps + index
        if image == 0 { host.pointee.state.progress[index].nanoseconds = 0 }
        switch step.pointee.action {
        case .view, .fused, .onDemand: continue
        case .strips(let rows): host.pointee.runInStrips(index, of: rows)
        case .whole: host.pointee.time(index) { host.pointee.run(step.pointee) }
        }
        // What was left undone of this step is nothing that the next one may count on.
        if host.pointee.isCancelled { throw Host.cancelled.at(node: step.pointee.node) }
      }
    }
  }

  private func setBases(
    _ inputs: Backend.Inputs?, _ outputs: Backend.Outputs?, image: Int
  ) {
    let plan = host.pointee.plan
    let bases = host.pointee.state.bases
    for value in 0..<plan.valueCount where plan.storages[value].offset >= 0 {
      let storage = plan.storages[value]
      bases[value] = arena + storage.offset
      guard storage.networkOutput >= 0 else { continue }
      let output = plan.file.number(.outputs, storage.networkOutput)
      bases[value] = (outputs?[storage.networkOutput] ?? buffer(ofValue: output)) + image * storage.bytes
    }
    for index in 0..<plan.file.count(.inputs) {
      let value = plan.file.number(.inputs, index)
      let input = inputs?[index].map { UnsafeMutableRawPointer(mutating: $0) }
      bases[value] = (input ?? buffer(ofValue: value)) + image * plan.storages[value].bytes
    }
  }

  fileprivate func buffer(ofValue value: Int) -> UnsafeMutableRawPointer {
    images > 1
      ? batch + Int(CPUSession.batchBytes(host.pointee.plan, images, before: value))
      : arena + max(host.pointee.plan.storage(of: value).pointee.offset, 0)
  }

  /// The session's block has room for the sums.
  fileprivate var valueBytes: (total: Int, live: Int) {
    let batch = Int(CPUSession.batchBytes(host.pointee.plan, images))
    return (host.pointee.plan.arenaBytes + batch, host.pointee.plan.liveBytes + batch)
  }
}

extension Backend {
  public static var cpu: Backend {
    func session(_ part: Part) -> CPUSession { part.assumingMemoryBound(to: CPUSession.self).pointee }
    var backend = Backend(
      PF_BACKEND_CPU,
      create: { request throws(Failure) in try CPUSession.create(request.pointee) },
      run: { part, inputs, outputs throws(Failure) in try session(part).run(inputs, outputs) },
      buffer: { part, section, index in
        let cpu = session(part)
        return cpu.buffer(ofValue: cpu.host.pointee.plan.file.number(section, index))
      },
      valueBytes: { part in session(part).valueBytes })
    backend.plansForHost = true
    backend.renew = { part, constant in session(part).prepare(changed: constant) }
    backend.memory = { plan, images in
      var bump = BumpAllocator(nil)
      _ = CPUSession.Parts(plan.pointee, images, &bump)
      return bump.used
    }
    return backend
  }
}
