import PrefactorModelFormat

/// Concatenations whose inputs are computed where the output has them.
extension Plan {
  /// From the last concatenation to the first, so that a concatenation's own place is known when its inputs are given
  /// theirs, and concatenations of concatenations become one storage.
  func joinConcatenations() {
    for index in (0..<stepCount).reversed() {
      forEachPart(of: steps[index]) { input, part in
        if canJoin(input, part) { join(input, part, to: steps[index]) }
      }
    }
  }

  /// Calls `body` for the inputs of a concatenation with the place that each has in the output; not for those of other
  /// steps, nor where pieces of several inputs follow each other in memory.
  private func forEachPart(of step: Step, _ body: (_ input: Int, _ part: Place) -> Void) {
    guard case .concatenation(let attributes) = step.operation, let output = shapes[step.output],
      output.type == .float32
    else { return }
    let axis = Int(attributes.axis)
    let isInnermost = axis == output.rank - 1
    guard output.count > 0, isInnermost || output.count(0..<axis) == 1 else { return }
    let place = places[step.output]
    var offset = place.offset
    for position in 0..<step.inputCount {
      guard let input = operand(step, position), let shape = shapes[input], shape.count > 0 else { continue }
      var part = place
      part.storage = Int32(input)
      part.offset = offset
      if shape.pixels == 1 { part.pixelStride = shape.channels }
      body(input, part)
      offset += (isInnermost ? shape.channels : shape.pixels * place.pixelStride) * output.type.size
    }
  }

  private func canJoin(_ value: Int, _ part: Place) -> Bool {
    guard let shape = shapes[value], !storages[value].isReadOnly, storages[value].parent < 0,
      outputIndex(of: value) == nil
    else { return false }
    let producer = steps[storages[value].firstStep].operation
    // Where its output has a place of its own, a reshape is a copy.
    if case .reshape = producer { return false }
    return part.pixelStride == shape.channels || (!uses.needsDense[value] && producer.writesPixelStride(output: shape))
  }

  private func join(_ value: Int, _ part: Place, to step: Step) {
    places[value] = part
    storages[value].parent = step.output
    let root = storages + Int(part.root)
    root.pointee.reservedFrom = min(root.pointee.reservedFrom, storages[value].firstStep)
    root.pointee.reservedTo = max(root.pointee.reservedTo, storages[value].lastStep)
  }

  /// Whether all inputs of a concatenation are in their place.
  func isJoined(_ step: Step) -> Bool {
    var parts = 0
    var inputs = 0
    forEachPart(of: step) { input, part in
      if places[input].storage == part.storage && places[input].root == part.root && places[input].offset == part.offset
      {
        parts += 1
      }
    }
    for position in 0..<step.inputCount {
      if let input = operand(step, position), let shape = shapes[input], shape.count > 0 { inputs += 1 }
    }
    return parts == inputs && inputs > 0
  }
}
