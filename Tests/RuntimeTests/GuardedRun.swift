import CPrefactor
import KernelContract
import PrefactorModelFormat
import PrefactorTestSupport

@testable import PrefactorRuntime

/// Runs a model's steps with every tensor, and the scratch, in memory of its own that ends where nobody may read or
/// write. In a session they are neighbours, and a step that leaves its tensors does so unseen.
struct GuardedRun {
  private let plan: Plan
  private let kernels: UnsafePointer<pf_kernels>
  private let target: Target
  private var memory: [GuardedMemory?]
  private static let mostElements = 1 << 22
  private static let mostWork: Int64 = 1 << 26

  /// Does nothing for a model that cannot be run, or that is too large to be run here.
  static func run(_ bytes: [UInt8], _ set: KernelSet) {
    let copy = UnsafeMutableRawPointer.allocate(byteCount: max(bytes.count, 1), alignment: Layout.alignment)
    defer { copy.deallocate() }
    copy.copyMemory(from: bytes, byteCount: bytes.count)
    guard let model = try? Model.open(Bytes(copy, count: bytes.count), allocator: .malloc, log: Log(nil, context: nil))
    else { return }
    defer { Model.close(model) }
    let file = model.pointee.file
    guard let size = try? Plan.size(of: file) else { return }
    let block = UnsafeMutableRawPointer.allocate(byteCount: size, alignment: Allocator.alignment)
    defer { block.deallocate() }
    var kernels = set.kernels
    guard let plan = try? Plan(file, in: block, options: SessionOptions(), kernels: &kernels, target: set.target),
      isSmall(plan)
    else { return }
    var run = GuardedRun(plan: plan, kernels: &kernels, target: set.target)
    run.steps()
  }

  private static func isSmall(_ plan: Plan) -> Bool {
    var elements = 0
    var work: Int64 = 0
    for value in 0..<plan.valueCount { elements += plan.shapes[value]?.count ?? 0 }
    for step in 0..<plan.stepCount { work = work.addingClamped(plan.steps[step].work) }
    return elements <= mostElements && work <= mostWork
  }

  private init(plan: Plan, kernels: UnsafePointer<pf_kernels>, target: Target) {
    self.plan = plan
    self.kernels = kernels
    self.target = target
    memory = (0..<plan.valueCount).map { index in
      guard let shape = plan.shapes[index], let value = try? plan.file.value(index) else { return nil }
      guard let layout = value.layout, let contents = value.contents else { return GuardedMemory(bytes: shape.bytes) }
      let slack = layout.isInPanels ? Int(PF_PANEL_SLACK) : 0
      let memory = GuardedMemory(bytes: contents.count + slack)
      memory.base.copyMemory(from: contents.base, byteCount: contents.count)
      return memory
    }
  }

  private mutating func steps() {
    let pool = UnsafeMutablePointer<ThreadPool>.allocate(capacity: 1)
    defer { pool.deallocate() }
    guard (try? ThreadPool.start(pool, threads: 1)) != nil else { return }
    defer { ThreadPool.stop(pool) }
    for index in 0..<plan.stepCount {
      let step = plan.steps[index]
      guard let node = try? plan.file.node(index) else { continue }
      let inputs = (0..<step.inputCount).map { plan.file.operand(node, $0).flatMap { view($0) } }
      guard let output = view(step.output) else { continue }
      let shapes = inputs.map(\.?.shape)
      guard var chooser = try? AlgorithmChooser(kernels, target, SessionOptions()) else { continue }
      chooser.stored = (try? plan.storedAlgorithm(node)) ?? nil
      let needs = shapes.withUnsafeBufferPointer {
        step.operation.needs(InputShapes($0), output: output.shape, chooser)
      }
      guard let scratch = try? needs.checked() else { continue }
      let prepared = scratch.prepared > 0 ? GuardedMemory(bytes: scratch.prepared, alignment: 64) : nil
      let shared = GuardedMemory(bytes: scratch.shared, alignment: 64)
      let perThread = GuardedMemory(bytes: scratch.perThread, alignment: 64)
      inputs.withUnsafeBufferPointer { inputs in
        let context = StepContext(
          inputs: inputs, output: output, kernels: kernels, threads: pool, sharedScratch: shared.base,
          threadScratch: perThread.base,
          threadScratchStride: scratch.perThread, prepared: prepared?.base, algorithm: needs.algorithm,
          mergedGroups: needs.mergedGroups, weightsType: step.weightsType)
        if prepared != nil { step.operation.prepare(context) }
        step.operation.run(context)
      }
      precondition(memory[step.output]?.isIntactBefore ?? true, "step \(index) wrote before its output")
    }
  }

  private func view(_ value: Int) -> TensorView? {
    guard let shape = plan.shapes[value], let memory = memory[value] else { return nil }
    return TensorView(shape: shape, base: memory.base)
  }
}
