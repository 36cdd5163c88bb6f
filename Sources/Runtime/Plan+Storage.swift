import CPrefactor
import PrefactorModelFormat

/// Who needs each value, and how.
struct Uses {
  /// The last step that reads it; `stepCount` for the network's outputs, -1 for what nobody reads.
  let last: UnsafeMutablePointer<Int32>
  /// How many operands it is, and which of the network's outputs, or -1.
  let readers: UnsafeMutablePointer<Int32>, outputIndices: UnsafeMutablePointer<Int32>
  /// Whether someone needs it without gaps between its pixels.
  let needsDense: UnsafeMutablePointer<Bool>

  init?(_ values: Int, _ bump: inout BumpAllocator) {
    let last = bump.take(values, of: Int32.self)
    let readers = bump.take(values, of: Int32.self)
    let outputIndices = bump.take(values, of: Int32.self)
    let needsDense = bump.take(values, of: Bool.self)
    guard let last, let readers, let outputIndices, let needsDense else { return nil }
    (self.last, self.readers, self.outputIndices, self.needsDense) = (last, readers, outputIndices, needsDense)
  }
}

/// Where each value lies, and until when.
extension Plan {
  func findUses(_ options: SessionOptions) throws(Failure) {
    uses.last.initialize(repeating: -1, count: valueCount)
    uses.readers.initialize(repeating: 0, count: valueCount)
    uses.outputIndices.initialize(repeating: -1, count: valueCount)
    uses.needsDense.initialize(repeating: !options.usesPixelStrides, count: valueCount)
    for index in 0..<stepCount {
      let node = try file.node(index)
      for position in 0..<node.inputCount {
        guard let value = file.operand(node, position) else { continue }
        uses.last[value] = Int32(index)
        uses.readers[value] += 1
      }
    }
    for index in 0..<file.count(.outputs) {
      uses.last[file.number(.outputs, index)] = Int32(stepCount)
      uses.outputIndices[file.number(.outputs, index)] = Int32(index)
    }
  }

  /// The output lies in its input where that is just another view of it, or may be overwritten.
  func chooseStorage(_ index: Int) {
    let step = steps[index]
    guard !step.isFused, let output = shapes[step.output] else { return }
    let networkOutput = outputIndex(of: step.output)
    if isJoined(step) {
      steps[index].action = .view
    } else if storages[step.output].parent >= 0 {
      return
    } else if let place = view(step, output, networkOutput) {
      steps[index].action = .view
      share(place, step.output)
    } else if let place = overwritten(step, output, networkOutput) {
      share(place, step.output)
    }
    if let networkOutput { storage(of: step.output).pointee.networkOutput = networkOutput }
  }

  private func share(_ place: Place, _ value: Int) {
    places[value] = place
    let lastStep = storages[value].lastStep
    let storage = storage(of: value)
    let root = storages + Int(place.root)
    storage.pointee.lastStep = max(storage.pointee.lastStep, lastStep)
    storage.pointee.reservedTo = max(storage.pointee.reservedTo, lastStep)
    root.pointee.reservedTo = max(root.pointee.reservedTo, lastStep)
  }

  private func view(_ step: Step, _ output: Shape, _ networkOutput: Int?) -> Place? {
    guard step.inputCount > 0, let input = operand(step, 0), let shape = shapes[input] else { return nil }
    if networkOutput != nil && !canBeNetworkOutput(input) { return nil }
    switch step.operation {
    case .reshape:
      var place = places[input]
      place.pixelStride = output.channels
      return place
    case .slice(let slice):
      return networkOutput == nil && output.count > 0
        ? place(of: slice, places[input], shape, output, uses.needsDense[step.output]) : nil
    default:
      return nil
    }
  }

  private func place(of slice: Slice, _ input: Place, _ shape: Shape, _ output: Shape, _ needsDense: Bool) -> Place? {
    let last = shape.rank - 1
    guard let (axis, start) = slice.consecutive(shape), axis == last || shape.count(0..<axis) == 1 else { return nil }
    var place = input
    let step = axis == last ? 1 : shape.count((axis + 1)..<last) * input.pixelStride
    place.offset += start * step * shape.type.size
    if output.pixels == 1 { place.pixelStride = output.channels }
    return place.pixelStride == output.channels || !needsDense ? place : nil
  }

  private func overwritten(_ step: Step, _ output: Shape, _ networkOutput: Int?) -> Place? {
    for position in 0..<step.inputCount {
      guard let input = operand(step, position), let shape = shapes[input], shape == output, isWhole(input) else {
        continue
      }
      let storage = storage(of: input).pointee
      let isFree = !storage.isReadOnly && storage.networkOutput < 0 && storage.reservedTo == step.node
      if isFree && step.operation.mayOverwrite(input: position) && !readsPart(of: input, step) { return places[input] }
    }
    return nil
  }

  /// Whether a value is all that lies in its storage, and that is no part of another.
  private func isWhole(_ value: Int) -> Bool {
    guard let shape = shapes[value] else { return false }
    let place = places[value]
    return place.storage == place.root && place.offset == 0 && place.pixelStride == shape.channels
      && storages[Int(place.root)].bytes == shape.bytes
  }

  /// Whether a step reads other views of what input `value` is the whole of.
  private func readsPart(of value: Int, _ step: Step) -> Bool {
    for position in 0..<step.inputCount {
      if let other = operand(step, position), places[other].root == places[value].root, !isWhole(other) { return true }
    }
    return false
  }

  /// An output of the network has to be in a place of its own that can be written.
  private func canBeNetworkOutput(_ value: Int) -> Bool {
    let storage = storage(of: value).pointee
    return isWhole(value) && !storage.isReadOnly && storage.networkOutput < 0
  }

  func outputIndex(of value: Int) -> Int? { uses.outputIndices[value] < 0 ? nil : Int(uses.outputIndices[value]) }

  /// What the file says of the outputs has to be true, since callers size their buffers by it.
  func checkOutputs(_ options: SessionOptions) throws(Failure) {
    for index in 0..<file.count(.outputs) {
      let value = file.number(.outputs, index)
      let (name, declared) = (file.name(ofValue: value), try file.value(value).shape)
      guard let shape = shapes[value], shape.rank == declared.rank, shape.type == declared.type else {
        throw Failure(PF_ERROR_BAD_MODEL, "output # is not of the type and rank that the file says", index)
      }
      for axis in (options.isSingleImage ? 1 : 0)..<max(shape.rank, 1) where axis < shape.rank {
        guard let size = try declaredSize(declared, axis, ofValue: value), size != Int64(shape[axis]) else { continue }
        throw Failure(
          PF_ERROR_SHAPE, "output '@' has a dimension of # where the file says #", shape[axis], Int(clamping: size)
        ).naming(name)
      }
    }
  }

  /// Against the shapes of computed values too, of which the file says nothing.
  func checkQuantizations(_ options: SessionOptions) throws(Failure) {
    // A plan of all images has been made before that of one, whose first dimension is another.
    if options.isSingleImage { return }
    for index in 0..<file.count(.quantizations) {
      let quantization = file.quantization(index)
      if let shape = shapes[quantization.value] { try file.check(quantization, of: shape) }
    }
  }

  /// Nil where the file does not say.
  private func declaredSize(_ shape: Shape, _ axis: Int, ofValue value: Int) throws(Failure) -> Int64? {
    if shape[axis] >= 0 { return Int64(shape[axis]) }
    guard let expression = file.expression(ofValue: value, axis: axis) else { return nil }
    let size = sizes.values[expression]
    guard size.isDefined else {
      throw Failure(PF_ERROR_SHAPE, "dimension # of output '@' @", axis).naming(
        file.name(ofValue: value), size.reason.cString)
    }
    return size.integer
  }
}
