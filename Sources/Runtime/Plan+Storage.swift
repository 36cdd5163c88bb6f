import CPrefactor
import PrefactorModelFormat

/// Where each value lies, and until when.
extension Plan {
  func findLastUses() throws(Failure) {
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
  func chooseStorage(_ step: inout Step, _ node: ModelFile.Node, _ output: Shape) {
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
  func checkOutputs() throws(Failure) {
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
  mutating func place() {
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
