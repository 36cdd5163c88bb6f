import KernelContract
import PrefactorModelFormat

/// What a run does for a step.
enum StepAction {
  /// Its operation.
  case whole
  /// Nothing: the output lies in its inputs.
  case view
  /// Nothing: the only step that needs the output computes it as it reads.
  case fused
  /// As the last one of a chain of convolutions, its operation for so many rows at a time.
  case strips(rows: Int)
  /// As another one of a chain, those rows that the next step asks for. There is room for so many.
  case onDemand(rows: Int)
}

/// One node, as it is run.
package struct Step {
  package var operation: Operation
  package var node: Int
  package var firstInput: Int, inputCount: Int
  package var output: Int
  /// Those of convolutions and products, by which ways to compute are chosen; and of any operation, what it is counted
  /// as (``Operation/work``).
  package var multiplyAdds: Int64 = 0, work: Int64 = 0
  var action = StepAction.whole
  /// Those of its attribute words among all of the file.
  var bindings: Range<Int>
  /// The steps before this one that are part of it: see ``Plan/fuse(_:_:)``.
  package var fusedGather: Int32 = -1, fusedMixing: Int32 = -1
  package var algorithm = PF_DIRECT
  var mergedGroups: Int32 = 1
  /// Where in the session's prepared memory the step's own begins, and its size; 0 bytes where it needs none.
  var preparedOffset = 0, preparedBytes = 0
  /// Of scratch, for all threads.
  var scratchBytes: Int64 = 0
  /// What its weights, input 1, are stored as.
  package var weightsType = ElementType.float32
  /// Of inputs, constants and output.
  var bytes: Int64 = 0

  /// Whether a run computes anything for this step.
  package var isComputed: Bool { !isView && !isFused }
  var isView: Bool { if case .view = action { true } else { false } }
  var isFused: Bool { if case .fused = action { true } else { false } }
  /// Rows of the output that there is room for until the next step of a chain reads them; nil where it is whole.
  var heldRows: Int? { if case .onDemand(let rows) = action { rows } else { nil } }
}
