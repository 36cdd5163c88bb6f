import CPrefactor
import KernelContract
import PrefactorModelFormat

/// What a session is created for.
public struct SessionOptions {
  public var threads = 1
  /// The processors that threads may run on; nil where those of whoever runs the session are meant.
  public var processors: UnsafeBufferPointer<Int32>?
  /// Instead of threads of the session's own.
  public var callersPool: CallersPool?
  public var batch = 1
  /// 0 where the preprocessing's size is meant.
  public var height = 0, width = 0
  /// 0 where the width is meant.
  public var length = 0
  /// Of the first inputs, in their order; these go before the sizes above.
  public var inputShapes = UnsafeBufferPointer<pf_input_shape>(start: nil, count: 0)
  public var isProfiling = false
  /// Weights are used as they lie in the file, and not in other, larger forms.
  public var savesMemory = false
  /// Of a run's work, as ``Operation/work(_:output:)`` counts it, and of the session's memory; nil where there is none.
  public var mostWork: UInt64?
  public var mostBytes: Int?
  /// Whether values may lie among the channels of larger ones.
  var usesPixelStrides = true
  /// Where only one image of a batch is planned, how many there are; the file may say so too. Else 0.
  var imagesTakenApart = 0
  var isSingleImage: Bool { imagesTakenApart > 0 }
  /// Whether a batch is run as so many single images where that can be; nil where an estimate is to decide.
  var runsImageByImage: Bool?
  /// Rows of the strips that chains of convolutions are computed in, 0 for none; nil where an estimate is to decide.
  var stripRows: Int?
  /// Whether threads are woken for the shortest of runs.
  var alwaysWakesThreads = false
  /// Where the session is to run on an OpenCL device.
  public var device: DeviceOptions?
  public init() {}
}

/// One node, ready to run.
struct Step {
  var operation: Operation
  var node: Int
  var firstInput: Int, inputCount: Int
  var output: Int
  /// Those of convolutions and products, by which ways to compute are chosen; and of any operation, what it is counted
  /// as (``Operation/work``).
  var multiplyAdds: Int64 = 0, work: Int64 = 0
  /// The output lies in its inputs: nothing to do.
  var isAlias: Bool
  /// Those of its attribute words among all of the file.
  var bindings: Range<Int>
  /// The only step that needs the output computes it as it reads: nothing to do.
  var isFused = false
  /// The steps before this one that are part of it: see ``Plan/fuse(_:_:)``.
  var fusedGather: Int32 = -1, fusedMixing: Int32 = -1
  var algorithm = PF_DIRECT
  var mergedGroups: Int32 = 1
  /// Where in the session's prepared memory the step's own begins, and its size; 0 bytes where it needs none.
  var preparedOffset = 0, preparedBytes = 0
  /// Of scratch, for all threads.
  var scratchBytes: Int64 = 0
  var hasHalfWeights = false
  /// In a chain that is computed in strips: rows of the output that there is room for until the next step reads them,
  /// or, of the last step, rows of a strip.
  var heldRows = 0, stripRows = 0
  /// Of the image at hand, while the chain runs.
  var rowsDone = 0, firstHeldRow = 0
  /// Of inputs, constants and output.
  var bytes: Int64 = 0
  var nanoseconds: UInt64 = 0
}

/// Values that lie in the same place, and when they are needed. Steps count from -1, before the first, to `stepCount`,
/// after the last.
struct Storage {
  static let unplaced = -1
  var bytes = 0
  var firstStep = 0, lastStep = -1
  /// Of a storage that others are parts of: when it is needed for itself or for them.
  var reservedFrom = 0, reservedTo = -1
  var offset = unplaced
  /// Where the host has it in a device's memory, in bytes; -1 where it never does.
  var hostOffset = unplaced
  /// The concatenation's output that this storage is a part of, or -1.
  var parent = -1
  /// The higher, the earlier it is placed.
  var priority = 0
  /// Index of the network's output that lies here, or -1.
  var networkOutput = -1
  /// Inputs of the network and constants must not be written.
  var isReadOnly = false
  var isConstant = false
  /// While the storages of a step are listed, each once.
  var isVisited = false

  init() {}

  init(bytes: Int, firstStep: Int, lastStep: Int) {
    self.bytes = bytes
    (self.firstStep, self.lastStep) = (firstStep, lastStep)
    (reservedFrom, reservedTo) = (firstStep, lastStep)
  }
}

/// Where a value lies.
struct Place {
  /// The value whose storage it is in, and that of which this is a part, if any, or the same.
  var storage: Int32, root: Int32
  /// From the root's first byte.
  var offset = 0
  var pixelStride = 1

  init(own value: Int, _ shape: Shape) {
    (storage, root) = (Int32(value), Int32(value))
    pixelStride = shape.channels
  }
}

/// The shapes of all values, the order of the steps, and where in one arena each value lies.
///
/// All of it is in one block of the caller's, `size(of:)` bytes long.
struct Plan {
  let file: ModelFile
  let stepCount: Int, valueCount: Int, operandCount: Int

  /// What the open dimensions are, and what the file computes from that.
  let symbols: UnsafeMutablePointer<Int64>
  let sizes: UnsafeMutablePointer<SizeValue>
  /// For each size, whether it is computed from how many images there are.
  let variesWithBatch: UnsafeMutablePointer<Bool>
  let shapes: UnsafeMutablePointer<Shape?>
  let steps: UnsafeMutablePointer<Step>
  let places: UnsafeMutablePointer<Place>
  /// For each value, whether someone needs it without gaps between its pixels.
  let needsDense: UnsafeMutablePointer<Bool>
  /// For each value, the storage it would own.
  let storages: UnsafeMutablePointer<Storage>
  /// For each value, the last step that reads it; `stepCount` for the network's outputs, -1 for what nobody reads.
  let lastUse: UnsafeMutablePointer<Int32>
  /// For each value, how many operands it is, and which of the network's outputs, or -1.
  let readers: UnsafeMutablePointer<Int32>, outputIndices: UnsafeMutablePointer<Int32>
  /// Storages in the order in which they are placed.
  let order: UnsafeMutablePointer<Int32>
  /// Storages that have their place, lowest first.
  let placed: UnsafeMutablePointer<PlacedStorage>
  /// Sums over storages at the steps from -1 to `stepCount`, which an Int of 32 bits may not hold.
  let bytesAt: UnsafeMutablePointer<Int64>
  /// Inputs of all steps, for ``StepContext/inputs``.
  let operands: UnsafeMutablePointer<TensorView?>
  let operandShapes: UnsafeMutablePointer<Shape?>
  /// Where each storage is during a run.
  let bases: UnsafeMutablePointer<UnsafeMutableRawPointer?>

  var arenaBytes = 0
  /// The largest sum of the sizes of storages needed at one step: no arena can be smaller.
  var liveBytes = 0
  var sharedScratch = 0
  var threadScratch = 0
  var preparedBytes = 0
  /// That all steps take one thread at the least, and those among them in which it would wait for weights.
  var cycles = 0.0
  var cyclesWaitingForWeights = 0.0
  /// Bytes of computed inputs and outputs of all steps.
  var activationTraffic = 0.0
  /// The first binding that no step has taken yet.
  var nextBinding = 0

  /// Bytes of the block that a plan needs.
  static func size(of file: ModelFile) throws(Failure) -> Int {
    var bump = BumpAllocator(nil)
    _ = Plan(file, &bump)
    return try bump.blockBytes()
  }

  private init?(_ file: ModelFile, _ bump: inout BumpAllocator) {
    self.file = file
    stepCount = file.count(.nodes)
    valueCount = file.count(.values)
    operandCount = file.count(.operands)
    let symbols = bump.take(file.symbolCount, of: Int64.self)
    let sizes = bump.take(file.expressionCount, of: SizeValue.self)
    let variesWithBatch = bump.take(file.expressionCount, of: Bool.self)
    let shapes = bump.take(valueCount, of: Shape?.self)
    let steps = bump.take(stepCount, of: Step.self)
    let places = bump.take(valueCount, of: Place.self)
    let needsDense = bump.take(valueCount, of: Bool.self)
    let storages = bump.take(valueCount, of: Storage.self)
    let lastUse = bump.take(valueCount, of: Int32.self)
    let readers = bump.take(valueCount, of: Int32.self)
    let outputIndices = bump.take(valueCount, of: Int32.self)
    let order = bump.take(valueCount, of: Int32.self)
    let placed = bump.take(valueCount, of: PlacedStorage.self)
    let bytesAt = bump.take(stepCount + 3, of: Int64.self)
    let operands = bump.take(operandCount, of: TensorView?.self)
    let operandShapes = bump.take(operandCount, of: Shape?.self)
    let bases = bump.take(valueCount, of: UnsafeMutableRawPointer?.self)
    guard let symbols, let sizes, let variesWithBatch, let shapes, let steps, let places, let needsDense, let storages,
      let lastUse, let readers,
      let outputIndices, let order, let placed, let bytesAt, let operands, let operandShapes, let bases
    else { return nil }
    self.symbols = symbols
    self.sizes = sizes
    self.variesWithBatch = variesWithBatch
    self.shapes = shapes
    self.steps = steps
    self.places = places
    self.needsDense = needsDense
    self.storages = storages
    self.lastUse = lastUse
    self.readers = readers
    self.outputIndices = outputIndices
    self.order = order
    self.placed = placed
    self.bytesAt = bytesAt
    self.operands = operands
    self.operandShapes = operandShapes
    self.bases = bases
  }

  init(
    _ file: ModelFile, in block: UnsafeMutableRawPointer, options: SessionOptions, kernels: UnsafePointer<pf_kernels>,
    target: Target
  ) throws(Failure) {
    let chooser = try AlgorithmChooser(kernels, target, options)
    var bump = BumpAllocator(block)
    guard let plan = Plan(file, &bump) else { throw Failure(PF_ERROR_OUT_OF_MEMORY, "no block for the plan") }
    self = plan
    shapes.initialize(repeating: nil, count: valueCount)
    storages.initialize(repeating: Storage(), count: valueCount)
    operands.initialize(repeating: nil, count: operandCount)
    operandShapes.initialize(repeating: nil, count: operandCount)
    bases.initialize(repeating: nil, count: valueCount)
    places.initialize(repeating: Place(own: 0, Shape()), count: valueCount)
    needsDense.initialize(repeating: !options.usesPixelStrides, count: valueCount)
    try findUses()
    try computeSizes(options)
    try setInputsAndConstants(options)
    for index in 0..<stepCount { try planStep(index, chooser, options) }
    try checkOutputs(options)
    reserveImageScratch(kernels)
    for index in 0..<stepCount { fuse(index, chooser) }
    try sumCosts(chooser.target)
    divideIntoStrips(options, target)
    if options.usesPixelStrides { joinConcatenations() }
    for index in 0..<stepCount { chooseStorage(index) }
    try place()
  }

  func storage(of value: Int) -> UnsafeMutablePointer<Storage> { storages + Int(places[value].storage) }

  func operand(_ step: Step, _ position: Int) -> Int? { file.operand(step.firstInput + position) }

  func inputShapes(_ step: Step) -> InputShapes {
    InputShapes(UnsafeBufferPointer(start: operandShapes + step.firstInput, count: step.inputCount))
  }
}
