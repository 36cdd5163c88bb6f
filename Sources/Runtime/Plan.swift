import CPrefactor
import KernelContract
import PrefactorModelFormat

/// What a session is created for.
public struct SessionOptions {
  public var threads = 1
  public var batch = 1
  /// 0 where the preprocessing's size is meant.
  public var height = 0, width = 0
  public var isProfiling = false
  /// Weights are used as they lie in the file, and not in other, larger forms.
  public var savesMemory = false
  public init() {}
}

/// One node, ready to run.
struct Step {
  var operation: Operation
  var node: Int
  var firstInput: Int, inputCount: Int
  var output: Int
  var multiplyAdds: Int
  /// The output is the input, seen in another shape: nothing to do.
  var isAlias: Bool
  var algorithm = PF_DIRECT
  /// Where in the session's prepared memory the step's own begins, and its size; 0 bytes where it needs none.
  var preparedOffset = 0, preparedBytes = 0
  var nanoseconds: UInt64 = 0
}

/// Values that lie in the same place, and when they are needed.
struct Storage {
  static let unplaced = -1
  var bytes = 0
  /// Steps; -1 is before the first, and `stepCount` after the last.
  var firstStep = 0, lastStep = -1
  var offset = unplaced
  /// Index of the network's output that lies here, or -1.
  var networkOutput = -1
  /// Inputs of the network and constants must not be written.
  var isReadOnly = false
  var isConstant = false
}

/// The shapes of all values, the order of the steps, and where in one arena each value lies.
///
/// All of it is in one block of the caller's, `size(of:)` bytes long.
struct Plan {
  let file: ModelFile
  let stepCount: Int, valueCount: Int, operandCount: Int

  let shapes: UnsafeMutablePointer<Shape?>
  let steps: UnsafeMutablePointer<Step>
  /// For each value, whose storage it lies in.
  let storageIndex: UnsafeMutablePointer<Int32>
  /// For each value, the storage it would own.
  let storages: UnsafeMutablePointer<Storage>
  /// For each value, the last step that reads it; `stepCount` for the network's outputs, -1 for what nobody reads.
  let lastUse: UnsafeMutablePointer<Int32>
  /// Storages, largest first.
  let bySize: UnsafeMutablePointer<Int32>
  /// Storages that have their place, lowest first.
  let byOffset: UnsafeMutablePointer<Int32>
  /// Inputs of all steps, for ``StepContext/inputs``.
  let operands: UnsafeMutablePointer<TensorView?>
  let operandShapes: UnsafeMutablePointer<Shape?>
  /// Where each storage is during a run.
  let bases: UnsafeMutablePointer<UnsafeMutableRawPointer?>

  var arenaBytes = 0
  /// The largest sum of the sizes of values needed at one step: no plan can do with less.
  var liveBytes = 0
  var sharedScratch = 0
  var threadScratch = 0
  var preparedBytes = 0

  /// Bytes of the block that a plan needs.
  static func size(of file: ModelFile) -> Int {
    var carver = Carver(nil)
    _ = Plan(file, &carver)
    return carver.used
  }

  private init?(_ file: ModelFile, _ carver: inout Carver) {
    self.file = file
    stepCount = file.count(.nodes)
    valueCount = file.count(.values)
    operandCount = file.count(.operands)
    let shapes = carver.take(valueCount, of: Shape?.self)
    let steps = carver.take(stepCount, of: Step.self)
    let storageIndex = carver.take(valueCount, of: Int32.self)
    let storages = carver.take(valueCount, of: Storage.self)
    let lastUse = carver.take(valueCount, of: Int32.self)
    let bySize = carver.take(valueCount, of: Int32.self)
    let byOffset = carver.take(valueCount, of: Int32.self)
    let operands = carver.take(operandCount, of: TensorView?.self)
    let operandShapes = carver.take(operandCount, of: Shape?.self)
    let bases = carver.take(valueCount, of: UnsafeMutableRawPointer?.self)
    guard let shapes, let steps, let storageIndex, let storages, let lastUse, let bySize, let byOffset, let operands, let operandShapes, let bases
    else { return nil }
    self.shapes = shapes
    self.steps = steps
    self.storageIndex = storageIndex
    self.storages = storages
    self.lastUse = lastUse
    self.bySize = bySize
    self.byOffset = byOffset
    self.operands = operands
    self.operandShapes = operandShapes
    self.bases = bases
  }

  init(_ file: ModelFile, in block: UnsafeMutableRawPointer, options: SessionOptions, kernels: UnsafePointer<pf_kernels>, target: Target) throws(Failure) {
    let chooser = try AlgorithmChooser(kernels, target, options)
    var carver = Carver(block)
    guard let plan = Plan(file, &carver) else { throw Failure(PF_ERROR_OUT_OF_MEMORY, "no block for the plan") }
    self = plan
    shapes.initialize(repeating: nil, count: valueCount)
    storages.initialize(repeating: Storage(), count: valueCount)
    operands.initialize(repeating: nil, count: operandCount)
    operandShapes.initialize(repeating: nil, count: operandCount)
    bases.initialize(repeating: nil, count: valueCount)
    for value in 0..<valueCount { storageIndex[value] = Int32(value) }
    try findLastUses()
    try setInputsAndConstants(options)
    for index in 0..<stepCount { try planStep(index, chooser) }
    try checkOutputs()
    place()
  }

  func storage(of value: Int) -> UnsafeMutablePointer<Storage> { storages + Int(storageIndex[value]) }

  func inputShapes(_ step: Step) -> InputShapes {
    InputShapes(UnsafeBufferPointer(start: operandShapes + step.firstInput, count: step.inputCount))
  }
}
