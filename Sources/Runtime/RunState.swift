import PrefactorModelFormat

/// What changes while a session runs: where values lie, and how far each step is.
package struct RunState {
  package struct Progress {
    /// Of the last run, where someone wants to know.
    package var nanoseconds: UInt64 = 0
    /// Of a step in a chain that is computed in strips, of the image at hand.
    var rowsDone = 0, firstHeldRow = 0
  }

  /// Where each storage is; nil where the host has it nowhere.
  package let bases: UnsafeMutablePointer<UnsafeMutableRawPointer?>
  /// Inputs of all steps, for ``StepContext/inputs``.
  let operands: UnsafeMutablePointer<TensorView?>
  package let progress: UnsafeMutablePointer<Progress>

  init?(_ plan: Plan, _ bump: inout BumpAllocator) {
    let bases = bump.take(plan.valueCount, of: UnsafeMutableRawPointer?.self)
    let operands = bump.take(plan.operandCount, of: TensorView?.self)
    let progress = bump.take(plan.stepCount, of: Progress.self)
    guard let bases, let operands, let progress else { return nil }
    (self.bases, self.operands, self.progress) = (bases, operands, progress)
  }

  func initialize(_ plan: Plan) {
    for value in 0..<plan.valueCount {
      (bases + value).initialize(to: plan.storages[value].contents.map { UnsafeMutableRawPointer(mutating: $0) })
    }
    operands.initialize(repeating: nil, count: plan.operandCount)
    progress.initialize(repeating: Progress(), count: plan.stepCount)
  }
}
