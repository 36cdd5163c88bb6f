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

  private(set) var arenaBytes = 0
  /// The largest sum of the sizes of values needed at one step: no plan can do with less.
  private(set) var liveBytes = 0
  private(set) var sharedScratch = 0
  private(set) var threadScratch = 0

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

  init(_ file: ModelFile, in block: UnsafeMutableRawPointer, options: SessionOptions, kernels: UnsafePointer<pf_kernels>) throws(Failure) {
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
    for index in 0..<stepCount { try planStep(index, kernels) }
    try checkOutputs()
    place()
  }

  func storage(of value: Int) -> UnsafeMutablePointer<Storage> { storages + Int(storageIndex[value]) }

  func inputShapes(_ step: Step) -> InputShapes {
    InputShapes(UnsafeBufferPointer(start: operandShapes + step.firstInput, count: step.inputCount))
  }
}

// MARK: Shapes

extension Plan {
  private func setInputsAndConstants(_ options: SessionOptions) throws(Failure) {
    for index in 0..<file.count(.inputs) {
      let value = file.number(.inputs, index)
      let shape = try inputShape(try file.value(value).shape, index, options)
      shapes[value] = shape
      storages[value] = Storage(bytes: shape.bytes, firstStep: -1, lastStep: Int(lastUse[value]), isReadOnly: true)
    }
    for value in 0..<valueCount {
      let constant = try file.value(value)
      guard let contents = constant.contents else { continue }
      shapes[value] = constant.shape
      storages[value] = Storage(isReadOnly: true, isConstant: true)
      bases[value] = UnsafeMutableRawPointer(mutating: contents.base)
    }
  }

  /// Dimension 0 is the batch, the last one the width, any other the height.
  private func inputShape(_ declared: Shape, _ index: Int, _ options: SessionOptions) throws(Failure) -> Shape {
    var shape = declared
    var height = options.height, width = options.width
    if file.count(.preprocessing) == 1 {
      let preprocessing = file.record(.preprocessing, 0)
      if height == 0 { height = Int(preprocessing.int32(Layout.Preprocessing.height)) }
      if width == 0 { width = Int(preprocessing.int32(Layout.Preprocessing.width)) }
    }
    for axis in 0..<declared.rank {
      let size = axis == 0 ? options.batch : axis == declared.rank - 1 ? width : height
      let asked = axis == 0 ? options.batch : axis == declared.rank - 1 ? options.width : options.height
      if declared[axis] < 0 {
        guard size > 0 else { throw Failure(PF_ERROR_SHAPE, "input # leaves dimension # open: say how large it is", index, axis) }
        shape[axis] = size
      } else if axis == 0 ? asked > 1 && declared[0] != asked : declared.rank == 4 && axis >= 2 && asked > 0 && declared[axis] != asked {
        throw Failure(PF_ERROR_SHAPE, "the network takes # here, not #", declared[axis], asked)
      }
    }
    guard shape.checkedCount != nil else { throw Failure(PF_ERROR_SHAPE, "input # would have more than 2^31 elements", index) }
    return shape
  }

  private mutating func planStep(_ index: Int, _ kernels: UnsafePointer<pf_kernels>) throws(Failure) {
    do throws(Failure) {
      let node = try file.node(index)
      var step = Step(
        operation: node.operation, node: index, firstInput: node.firstInput, inputCount: node.inputCount, output: node.output,
        multiplyAdds: 0, isAlias: false)
      for position in 0..<step.inputCount {
        operandShapes[step.firstInput + position] = file.operand(node, position).flatMap { shapes[$0] }
      }
      let inputs = inputShapes(step)
      let output = try step.operation.outputShape(inputs)
      try checkConstants(step, node, inputs)
      shapes[step.output] = output
      step.multiplyAdds = step.operation.multiplyAdds(inputs, output: output)
      let scratch = step.operation.scratch(inputs, output: output, kernels: kernels)
      sharedScratch = max(sharedScratch, roundUp(scratch.shared))
      threadScratch = max(threadScratch, roundUp(scratch.perThread))
      chooseStorage(&step, node, output)
      steps[index] = step
    } catch {
      throw error.at(node: index)
    }
  }

  private func checkConstants(_ step: Step, _ node: ModelFile.Node, _ inputs: InputShapes) throws(Failure) {
    for position in 0..<step.inputCount {
      guard let value = file.operand(node, position) else { continue }
      let layout = try file.value(value).layout
      guard layout != nil || !step.operation.requiresConstant(input: position) else {
        throw Failure(PF_ERROR_BAD_MODEL, "input # is not a constant", position)
      }
      guard layout == nil || layout == step.operation.layout(ofInput: position, inputs) else {
        throw Failure(PF_ERROR_BAD_MODEL, "the constant at input # does not lie in memory as the operation needs it", position)
      }
    }
  }
}

// MARK: Storage

extension Plan {
  private func findLastUses() throws(Failure) {
    lastUse.initialize(repeating: -1, count: valueCount)
    for index in 0..<stepCount {
      let node = try file.node(index)
      for position in 0..<node.inputCount {
        if let value = file.operand(node, position) { lastUse[value] = Int32(index) }
      }
    }
    for index in 0..<file.count(.outputs) { lastUse[file.number(.outputs, index)] = Int32(stepCount) }
  }

  /// The output lies in its input where that is just another view of it, or may be overwritten.
  private func chooseStorage(_ step: inout Step, _ node: ModelFile.Node, _ output: Shape) {
    let networkOutput = outputIndex(of: step.output)
    let index = sharedStorage(&step, node, output, networkOutput)
    if let index {
      storageIndex[step.output] = Int32(index)
    } else {
      storages[step.output] = Storage(bytes: output.bytes, firstStep: step.node, lastStep: step.node)
    }
    let storage = storage(of: step.output)
    storage.pointee.lastStep = max(storage.pointee.lastStep, Int(lastUse[step.output]))
    if let networkOutput { storage.pointee.networkOutput = networkOutput }
  }

  private func sharedStorage(_ step: inout Step, _ node: ModelFile.Node, _ output: Shape, _ networkOutput: Int?) -> Int? {
    for position in 0..<step.inputCount {
      guard let input = file.operand(node, position), let shape = shapes[input] else { continue }
      let storage = storage(of: input).pointee
      // An output of the network has to be in a place of its own that can be written.
      if networkOutput != nil && (storage.isReadOnly || storage.networkOutput >= 0) { continue }
      if case .reshape = step.operation, position == 0 {
        step.isAlias = true
        return Int(storageIndex[input])
      }
      let isFree = !storage.isReadOnly && storage.networkOutput < 0 && storage.lastStep == step.node
      if isFree && shape == output && step.operation.mayOverwrite(input: position) { return Int(storageIndex[input]) }
    }
    return nil
  }

  private func outputIndex(of value: Int) -> Int? {
    for index in 0..<file.count(.outputs) where file.number(.outputs, index) == value { return index }
    return nil
  }

  /// What the file says of the outputs has to be true, since callers size their buffers by it.
  private func checkOutputs() throws(Failure) {
    for index in 0..<file.count(.outputs) {
      let value = file.number(.outputs, index)
      let declared = try file.value(value).shape
      guard let shape = shapes[value], shape.rank == declared.rank, shape.type == declared.type else {
        throw Failure(PF_ERROR_BAD_MODEL, "output # is not of the type and rank that the file says", index)
      }
      for axis in 0..<shape.rank where declared[axis] >= 0 && declared[axis] != shape[axis] {
        throw Failure(PF_ERROR_SHAPE, "an output has a dimension of # where the file says #", shape[axis], declared[axis])
      }
    }
  }

  /// Largest first, each at the lowest offset where nothing that lives at the same time is in the way.
  private mutating func place() {
    let count = sortBySize()
    for placed in 0..<count {
      let index = bySize[placed]
      let offset = lowestOffset(storages[Int(index)], among: placed)
      storages[Int(index)].offset = offset
      arenaBytes = max(arenaBytes, offset + roundUp(storages[Int(index)].bytes))
      var position = placed
      while position > 0, storages[Int(byOffset[position - 1])].offset > offset {
        byOffset[position] = byOffset[position - 1]
        position -= 1
      }
      byOffset[position] = index
    }
    for step in 0..<stepCount {
      var live = 0
      for position in 0..<count {
        let storage = storages[Int(bySize[position])]
        if storage.firstStep <= step && step <= storage.lastStep { live += storage.bytes }
      }
      liveBytes = max(liveBytes, live)
    }
  }

  private func sortBySize() -> Int {
    var count = 0
    for value in 0..<valueCount where Int(storageIndex[value]) == value && !storages[value].isConstant && shapes[value] != nil {
      var position = count
      while position > 0, storages[Int(bySize[position - 1])].bytes < storages[value].bytes {
        bySize[position] = bySize[position - 1]
        position -= 1
      }
      bySize[position] = Int32(value)
      count += 1
    }
    return count
  }

  private func lowestOffset(_ storage: Storage, among placed: Int) -> Int {
    var offset = 0
    for position in 0..<placed {
      let other = storages[Int(byOffset[position])]
      guard other.firstStep <= storage.lastStep, storage.firstStep <= other.lastStep else { continue }
      if other.offset >= offset + roundUp(storage.bytes) { break }
      offset = max(offset, other.offset + roundUp(other.bytes))
    }
    return offset
  }
}
