import CPrefactor
import CShims
import PrefactorModelFormat
import PrefactorRuntime

/// The part of a session that is on a device: its queue and memory there, and for each step the launches that compute
/// it, in memory of the session's. Steps that there are no kernels for run on the host, in the device's memory, which
/// is the host's meanwhile.
struct DeviceSession {
  private struct Recorded {
    var firstLaunch = 0, launches = 0
    /// Of a step on the host, so many launches before it; others follow it.
    var launchesBefore = 0
    var isOnHost = false
  }

  private var queue: DeviceQueue
  private let model: UnsafeMutablePointer<Model>
  private let host: UnsafePointer<Host>
  private let places: HostPlaces
  private let allocator: Allocator
  private let bytes: Int
  private let launches: UnsafeMutablePointer<Launch>
  private let launchCount: Int
  /// The first launches take the inputs, and the last ones give the outputs, where the device has activations of
  /// another kind than the host.
  private let ending: (taking: Int, giving: Int)
  /// Where steps on the host have what is not theirs to keep.
  private let firstSharedByte: Int
  let activationBytes: Int
  private let events: UnsafeMutablePointer<cl_event?>
  private let recorded: UnsafeMutablePointer<Recorded>
  /// Where the host has the network's inputs and then its outputs, between runs.
  private let ends: UnsafeMutablePointer<UnsafeMutableRawPointer?>
  private var plan: Plan { host.pointee.plan }
  private var endCount: Int { plan.file.count(.inputs) + plan.file.count(.outputs) }

  private struct Parts {
    let session: UnsafeMutablePointer<DeviceSession>?
    let launches: UnsafeMutablePointer<Launch>?
    let events: UnsafeMutablePointer<cl_event?>?
    let recorded: UnsafeMutablePointer<Recorded>?
    let ends: UnsafeMutablePointer<UnsafeMutableRawPointer?>?

    init(_ plan: Plan, launches count: Int, _ bump: inout BumpAllocator) {
      session = bump.take(1, of: DeviceSession.self)
      launches = bump.take(count, of: Launch.self)
      events = bump.take(count, of: cl_event?.self)
      recorded = bump.take(plan.stepCount, of: Recorded.self)
      ends = bump.take(plan.file.count(.inputs) + plan.file.count(.outputs), of: UnsafeMutableRawPointer?.self)
    }
  }
}

// MARK: Creating

extension DeviceSession {
  /// Puts a planned session on a device, and its own state in a block of the allocator's.
  static func create(_ request: BackendRequest) throws(Failure) -> Backend.Made {
    let model = request.model
    let plan = request.host.pointee.plan
    let allocator = request.allocator
    let options = request.options
    let wanted = options.device
    var block = BumpAllocator(request.block)
    guard let places = HostPlaces(plan, &block) else {
      throw Failure(PF_ERROR_OUT_OF_MEMORY, "no block for the session")
    }
    places.initialize(plan)
    let device = try DeviceModel.acquire(model, wanted)
    var queue = DeviceQueue(device, hasHalfActivations: wanted.hasHalfActivations)
    do throws(Failure) {
      try queue.checkFit(activations: plan.arenaBytes / 4, words: 0)
      var counter = try DeviceRecorder(
        queue, model, request.host.pointee.kernelSet, planned: plan.arenaBytes / 4, options)
      _ = try record(plan, places, &counter, nil)
      var bump = BumpAllocator(nil)
      _ = Parts(plan, launches: counter.launchCount, &bump)
      let bytes = try bump.blockBytes()
      let block = try allocator.allocate(bytes)
      do throws(Failure) {
        try queue.open(activations: counter.activationCount, words: counter.wordCount, isProfiling: options.isProfiling)
        bump = BumpAllocator(block)
        let parts = Parts(plan, launches: counter.launchCount, &bump)
        guard let session = parts.session, let launches = parts.launches, let events = parts.events,
          let recorded = parts.recorded, let ends = parts.ends
        else { throw Failure(PF_ERROR_OUT_OF_MEMORY, "no block for the device's part of the session") }
        recorded.initialize(repeating: Recorded(), count: plan.stepCount)
        events.initialize(repeating: nil, count: counter.launchCount)
        ends.initialize(repeating: nil, count: plan.file.count(.inputs) + plan.file.count(.outputs))
        var recorder = DeviceRecorder(queue, counter, launches: launches)
        do throws(Failure) {
          try recorder.writeZeros()
          let ending = try record(plan, places, &recorder, recorded)
          session.initialize(
            to: DeviceSession(
              queue: queue, model: model, host: request.host, places: places, allocator: allocator, bytes: bytes,
              launches: launches,
              launchCount: recorder.launchCount,
              ending: ending,
              firstSharedByte: recorder.firstSharedByte,
              activationBytes: queue.bytesOfActivation * (plan.arenaBytes / 4) + recorder.hostBytes,
              events: events, recorded: recorded, ends: ends))
          try session.pointee.takeEnds()
          return (UnsafeMutableRawPointer(session), bytes)
        } catch {
          for index in 0..<recorder.launchCount { _ = device.pointee.library.clReleaseKernel(launches[index].kernel) }
          throw error
        }
      } catch {
        queue.close()
        allocator.release(block, bytes)
        throw error
      }
    } catch {
      DeviceModel.release(device, of: model)
      throw error
    }
  }

  private static func record(
    _ plan: Plan, _ places: HostPlaces, _ recorder: inout DeviceRecorder, _ recorded: UnsafeMutablePointer<Recorded>?
  ) throws(Failure) -> (taking: Int, giving: Int) {
    func exchangeEnds(_ section: SectionKind, _ recorder: inout DeviceRecorder) -> Int {
      let first = recorder.launchCount
      for index in 0..<plan.file.count(section) {
        let value = plan.file.number(section, index)
        let index = Int(plan.places[value].storage)
        let storage = plan.storages[index]
        guard !storage.isConstant, let type = plan.shapes[value]?.type else { continue }
        places[index] = places[index] ?? recorder.stage(storage, type, isEnd: true)
        if let place = places[index] { recorder.exchange(storage, type, at: place, isTaken: section == .inputs) }
      }
      return recorder.launchCount - first
    }
    let taking = exchangeEnds(.inputs, &recorder)
    for index in 0..<plan.stepCount where plan.steps[index].isComputed {
      let first = recorder.launchCount
      let isRecorded = withUnsafeMutablePointer(to: &recorder) { recorder in
        DeviceContext(plan, index, recorder).map { plan.steps[index].operation.record($0) } ?? false
      }
      var launchesBefore = 0
      if !isRecorded {
        let step = plan.steps[index]
        let output = Int(plan.places[step.output].root)
        places.forEachRoot(of: step, plan) { root in
          places[root] =
            places[root] ?? recorder.stage(plan.storages[root], plan.shapes[root]?.type ?? .float32, isEnd: false)
        }
        let shared = recorder.firstSharedByte
        var end = shared
        places.forEach(of: step, plan, firstShared: shared) { root, offset in
          // What the step writes, which comes last, may be part of what others have written.
          let storage = plan.storages[root]
          let type = plan.shapes[root]?.type ?? .float32
          recorder.exchange(storage, type, at: offset, isTaken: false)
          if places[root] == nil { end = max(end, offset + storage.bytes) }
          if root != output { return }
          launchesBefore = recorder.launchCount - first
          recorder.exchange(storage, type, at: offset, isTaken: true)
        }
        recorder.share(bytes: end - shared)
      }
      if let failure = recorder.failure { throw failure.at(node: plan.steps[index].node) }
      recorded?[index] = Recorded(
        firstLaunch: first, launches: recorder.launchCount - first, launchesBefore: launchesBefore,
        isOnHost: !isRecorded)
    }
    let giving = exchangeEnds(.outputs, &recorder)
    if let failure = recorder.failure { throw failure }
    return (taking, giving)
  }

  static func destroy(_ session: UnsafeMutablePointer<DeviceSession>) {
    let (allocator, bytes) = (session.pointee.allocator, session.pointee.bytes)
    defer { allocator.release(UnsafeMutableRawPointer(session), bytes) }
    // What the driver has is the parent's.
    if session.pointee.host.pointee.threads.pointee.isForked { return }
    var queue = session.pointee.queue
    let device = queue.device
    let model = session.pointee.model
    try? session.pointee.giveEnds()
    for index in 0..<session.pointee.launchCount {
      _ = device.pointee.library.clReleaseKernel(session.pointee.launches[index].kernel)
    }
    queue.close()
    DeviceModel.release(device, of: model)
  }
}

// MARK: Running

extension DeviceSession {
  /// An input's or output's buffer, for an empty one any address; nil after a run has failed.
  func ownBuffer(_ section: SectionKind, _ index: Int) -> UnsafeMutableRawPointer? {
    let end = section == .inputs ? index : plan.file.count(.inputs) + index
    return ends[end] ?? (place(ofEnd: end).bytes == 0 ? UnsafeMutableRawPointer(ends) : nil)
  }

  private func value(ofEnd end: Int) -> Int {
    let inputs = plan.file.count(.inputs)
    return end < inputs ? plan.file.number(.inputs, end) : plan.file.number(.outputs, end - inputs)
  }

  private func place(ofEnd end: Int) -> (offset: Int, bytes: Int) {
    let value = value(ofEnd: end)
    return (places[Int(plan.places[value].storage)] ?? 0, plan.shapes[value]?.bytes ?? 0)
  }

  /// All or none.
  private func takeEnds() throws(Failure) {
    do throws(Failure) {
      for end in 0..<endCount where ends[end] == nil {
        let (offset, bytes) = place(ofEnd: end)
        if bytes > 0 {
          ends[end] = try queue.map(
            queue.words, offset: offset, bytes: bytes, forWriting: end < plan.file.count(.inputs))
        }
      }
    } catch {
      try? giveEnds()
      throw error
    }
  }

  /// All of them, also where one fails.
  private func giveEnds() throws(Failure) {
    var failure: Failure?
    for end in 0..<endCount {
      guard let mapping = ends[end] else { continue }
      ends[end] = nil
      do throws(Failure) { try queue.unmap(queue.words, mapping) } catch { failure = failure ?? error }
    }
    if let failure { throw failure }
  }

  /// Work that is enqueued before the device is waited for, since what is enqueued cannot be cancelled: a few
  /// milliseconds of a GPU's.
  private static let mostEnqueuedWork: Int64 = 1 &<< 32

  static var forked: Failure {
    Failure(PF_ERROR_BACKEND, "the OpenCL device is the parent process's, from before the fork")
  }

  func run(_ inputs: Backend.Inputs?, _ outputs: Backend.Outputs?)
    throws(Failure)
  {
    if host.pointee.threads.pointee.isForked { throw DeviceSession.forked }
    try takeEnds()
    let inputCount = plan.file.count(.inputs)
    for end in 0..<inputCount {
      if let input = inputs?[end], let own = ends[end], UnsafeRawPointer(own) != input {
        own.copyMemory(from: input, byteCount: place(ofEnd: end).bytes)
      }
    }
    do throws(Failure) {
      try giveEnds()
      try run(launches: 0..<ending.taking)
      var enqueued: Int64 = 0
      for index in 0..<plan.stepCount where plan.steps[index].isComputed {
        do throws(Failure) {
          try runStep(index)
          enqueued = enqueued.addingClamped(plan.steps[index].work)
          if enqueued > DeviceSession.mostEnqueuedWork {
            try queue.finish()
            enqueued = 0
          }
          if host.pointee.isCancelled { throw Host.cancelled }
        } catch {
          throw error.at(node: plan.steps[index].node)
        }
      }
      try run(launches: launchCount - ending.giving..<launchCount)
      try takeEnds()
      if host.pointee.isProfiling { try readTimes() }
    } catch {
      try? queue.finish()
      releaseEvents()
      // Nothing has failed, so that the host has its buffers again.
      if error.status == PF_ERROR_CANCELLED { try takeEnds() }
      throw error
    }
    for end in inputCount..<endCount {
      if let output = outputs?[end - inputCount], let own = ends[end], own != output {
        output.copyMemory(from: own, byteCount: place(ofEnd: end).bytes)
      }
    }
  }

  private func run(launches range: Range<Int>) throws(Failure) {
    for launch in range { try queue.run(launches[launch], nil) }
  }

  private func runStep(_ index: Int) throws(Failure) {
    let step = recorded[index]
    if step.isOnHost { return try computeOnHost(index) }
    for launch in step.firstLaunch..<step.firstLaunch + step.launches {
      try queue.run(launches[launch], host.pointee.isProfiling ? events + launch : nil)
    }
  }

  private func computeOnHost(_ index: Int) throws(Failure) {
    let step = plan.steps[index]
    let recorded = recorded[index]
    let end = recorded.firstLaunch + recorded.launches
    // One mapping of all that the step reads and writes.
    var first = Int.max
    var last = 0
    places.forEach(of: step, plan, firstShared: firstSharedByte) { root, offset in
      first = min(first, offset)
      last = max(last, offset + plan.storages[root].bytes)
    }
    if first >= last { return }
    // The steps before this one have times of their own.
    if host.pointee.isProfiling { try queue.finish() }
    let start = host.pointee.isProfiling ? shim_nanoseconds() : 0
    try run(launches: recorded.firstLaunch..<recorded.firstLaunch + recorded.launchesBefore)
    let mapping = try queue.map(queue.words, offset: first, bytes: last - first, forWriting: true)
    places.forEach(of: step, plan, firstShared: firstSharedByte) { root, offset in
      host.pointee.state.bases[root] = mapping + (offset - first)
    }
    host.pointee.threads.beginRun()
    host.pointee.run(step)
    host.pointee.threads.endRun()
    try queue.unmap(queue.words, mapping)
    try run(launches: recorded.firstLaunch + recorded.launchesBefore..<end)
    if host.pointee.isProfiling { host.pointee.state.progress[index].nanoseconds = shim_nanoseconds() - start }
  }

  private func readTimes() throws(Failure) {
    for index in 0..<plan.stepCount where !recorded[index].isOnHost {
      var nanoseconds: UInt64 = 0
      for launch in recorded[index].firstLaunch..<recorded[index].firstLaunch + recorded[index].launches {
        guard let event = events[launch] else { continue }
        events[launch] = nil
        nanoseconds += try queue.nanoseconds(event)
      }
      host.pointee.state.progress[index].nanoseconds = nanoseconds
    }
  }

  private func releaseEvents() {
    for launch in 0..<launchCount {
      if let event = events[launch] { _ = queue.device.pointee.library.clReleaseEvent(event) }
      events[launch] = nil
    }
  }

  var valueBytes: (total: Int, live: Int) {
    (activationBytes, queue.hasHalfActivations ? plan.liveBytes / 2 : plan.liveBytes)
  }

  /// A step that there are no kernels for is the host's. Others move halves where the plan counts floats, if the device
  /// has those.
  func describe(_ index: Int) -> (kernel: StaticString?, bytesSaved: Int64) {
    if recorded[index].isOnHost { return ("host", 0) }
    return (nil, queue.hasHalfActivations ? plan.activationBytes(of: plan.steps[index]) / 2 : 0)
  }
}
