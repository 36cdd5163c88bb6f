import CPrefactor
import KernelContract
import PrefactorModelFormat

/// The shapes of all values, the order of the steps, and where in one arena each value lies.
///
/// All of it is in one block of the caller's, `size(of:)` bytes long, and stays as it is once it is made: what changes
/// from run to run is in a ``RunState``.
package struct Plan {
  package let file: ModelFile
  package let stepCount: Int, valueCount: Int, operandCount: Int

  let sizes: PlannedSizes
  package let shapes: UnsafeMutablePointer<Shape?>
  package let steps: UnsafeMutablePointer<Step>
  /// For each operand of each step.
  let operandShapes: UnsafeMutablePointer<Shape?>
  package let places: UnsafeMutablePointer<Place>
  /// For each value, the storage it would own.
  package let storages: UnsafeMutablePointer<Storage>
  let uses: Uses
  let placement: Placement

  package var arenaBytes = 0
  /// The largest sum of the sizes of storages needed at one step: no arena can be smaller.
  package var liveBytes = 0
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
    let sizes = PlannedSizes(file, &bump)
    let shapes = bump.take(valueCount, of: Shape?.self)
    let steps = bump.take(stepCount, of: Step.self)
    let operandShapes = bump.take(operandCount, of: Shape?.self)
    let places = bump.take(valueCount, of: Place.self)
    let storages = bump.take(valueCount, of: Storage.self)
    let uses = Uses(valueCount, &bump)
    let placement = Placement(valueCount, steps: stepCount, &bump)
    guard let sizes, let shapes, let steps, let operandShapes, let places, let storages, let uses, let placement else {
      return nil
    }
    self.sizes = sizes
    self.shapes = shapes
    self.steps = steps
    self.operandShapes = operandShapes
    self.places = places
    self.storages = storages
    self.uses = uses
    self.placement = placement
  }

  /// All but where in the arena values lie, which ``place()`` decides.
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
    operandShapes.initialize(repeating: nil, count: operandCount)
    places.initialize(repeating: Place(own: 0, Shape()), count: valueCount)
    try findUses(options)
    try computeSizes(options)
    try setInputsAndConstants(options)
    for index in 0..<stepCount { try planStep(index, chooser, options) }
    try checkOutputs(options)
    try checkQuantizations(options)
    reserveImageScratch(kernels)
    for index in 0..<stepCount { fuse(index, chooser) }
    try sumCosts(chooser.target)
    divideIntoStrips(options, target)
    if options.usesPixelStrides { joinConcatenations() }
    for index in 0..<stepCount { chooseStorage(index) }
    measureLive()
  }

  package func storage(of value: Int) -> UnsafeMutablePointer<Storage> { storages + Int(places[value].storage) }

  package func operand(_ step: Step, _ position: Int) -> Int? { file.operand(step.firstInput + position) }

  func inputShapes(_ step: Step) -> InputShapes {
    InputShapes(UnsafeBufferPointer(start: operandShapes + step.firstInput, count: step.inputCount))
  }
}
