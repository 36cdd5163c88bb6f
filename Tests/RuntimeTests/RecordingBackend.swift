import CPrefactor
import PrefactorModelFormat
import PrefactorRuntime

/// A backend as a device's would be, written with what the runtime shows to other modules of the package and no more:
/// it has values in memory of its own, has the host compute the steps, and writes down what it is asked to do.
struct RecordingBackend {
  nonisolated(unsafe) static var calls: [String] = []

  private let host: UnsafePointer<Host>
  private let allocator: Allocator
  private let arena: UnsafeMutableRawPointer

  private static func create(_ request: BackendRequest) throws(Failure) -> Backend.Made {
    let plan = request.host.pointee.plan
    calls.append("create for \(request.images) image")
    let session = UnsafeMutablePointer<RecordingBackend>.allocate(capacity: 1)
    session.initialize(
      to: RecordingBackend(
        host: request.host, allocator: request.allocator, arena: try request.allocator.allocate(plan.arenaBytes)))
    return (UnsafeMutableRawPointer(session), plan.arenaBytes)
  }

  private func address(of value: Int) -> UnsafeMutableRawPointer {
    let place = host.pointee.plan.places[value]
    return arena + host.pointee.plan.storages[Int(place.root)].offset + place.offset
  }

  private func run(_ inputs: Backend.Inputs?, _ outputs: Backend.Outputs?) throws(Failure) {
    let plan = host.pointee.plan
    RecordingBackend.calls.append("run")
    for index in 0..<plan.file.count(.inputs) {
      let value = plan.file.number(.inputs, index)
      if let input = inputs?[index] {
        address(of: value).copyMemory(from: input, byteCount: plan.shapes[value]!.bytes)
      }
    }
    for value in 0..<plan.valueCount where plan.storages[value].offset >= 0 {
      host.pointee.state.bases[value] = arena + plan.storages[value].offset
    }
    host.pointee.threads.beginRun()
    defer { host.pointee.threads.endRun() }
    for index in 0..<plan.stepCount where plan.steps[index].isComputed {
      host.pointee.state.progress[index].nanoseconds = 0
      RecordingBackend.calls.append(plan.steps[index].operation.name.description)
      host.pointee.time(index) { host.pointee.run(plan.steps[index]) }
      if host.pointee.isCancelled { throw Host.cancelled.at(node: plan.steps[index].node) }
    }
    for index in 0..<plan.file.count(.outputs) {
      let value = plan.file.number(.outputs, index)
      outputs?[index]?.copyMemory(from: address(of: value), byteCount: plan.shapes[value]!.bytes)
    }
  }

  private func destroy() {
    RecordingBackend.calls.append("destroy")
    allocator.release(arena, host.pointee.plan.arenaBytes)
  }

  static var backend: Backend {
    func session(_ part: Backend.Part) -> RecordingBackend {
      part.assumingMemoryBound(to: RecordingBackend.self).pointee
    }
    var backend = Backend(
      PF_BACKEND_OPENCL,
      create: { request throws(Failure) in try RecordingBackend.create(request.pointee) },
      run: { part, inputs, outputs throws(Failure) in try session(part).run(inputs, outputs) },
      buffer: { part, section, index in
        session(part).address(of: session(part).host.pointee.plan.file.number(section, index))
      },
      valueBytes: { part in
        let plan = session(part).host.pointee.plan
        return (plan.arenaBytes, plan.liveBytes)
      })
    backend.isa = "recording"
    backend.takesMemoryElsewhere = true
    backend.memoryElsewhere = { plan in plan.pointee.arenaBytes }
    backend.destroy = { part in
      session(part).destroy()
      part.assumingMemoryBound(to: RecordingBackend.self).deallocate()
    }
    backend.step = { _, _ in ("recorded", 0) }
    return backend
  }
}
