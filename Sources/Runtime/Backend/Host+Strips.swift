import PrefactorModelFormat

extension Host {
  /// Runs a chain of convolutions image by image, strip by strip: see ``Plan/divideIntoStrips(_:_:)``.
  func runInStrips(_ last: Int, of rows: Int) {
    guard let output = plan.shapes[plan.steps[last].output] else { return }
    var first = last
    while isHeld(first - 1) { first -= 1 }
    for image in 0..<output[0] {
      for index in first...last { (state.progress[index].rowsDone, state.progress[index].firstHeldRow) = (0, 0) }
      for row in stride(from: 0, to: output[1], by: rows) {
        computeRows(last, upTo: min(row + rows, output[1]), image)
      }
    }
  }

  private func isHeld(_ index: Int) -> Bool { index >= 0 && plan.steps[index].heldRows != nil }

  private func computeRows(_ index: Int, upTo end: Int, _ image: Int) {
    let step = plan.steps[index]
    guard let convolution = plan.convolution(index), let input = plan.input(step, 0).flatMap({ plan.shapes[$0] }),
      let output = plan.shapes[step.output]
    else { return }
    let rows = state.progress[index].rowsDone..<min(output[1], plan.wholeUnits(end, index))
    let needed = convolution.inputRows(rows, of: input)
    if isHeld(index - 1), needed.upperBound > state.progress[index - 1].rowsDone {
      drop(rowsBefore: needed.lowerBound, of: index - 1)
      computeRows(index - 1, upTo: needed.upperBound, image)
    }
    time(index) {
      guard var context = context(of: step) else { return }
      let operands = state.operands + step.firstInput
      operands[0]?.skip(
        rows: isHeld(index - 1)
          ? needed.lowerBound - state.progress[index - 1].firstHeldRow : image * input[1] + needed.lowerBound)
      let row = image * output[1] + rows.lowerBound
      if step.inputCount > 3 { operands[3]?.skip(rows: row) }
      context.output.skip(rows: isHeld(index) ? rows.lowerBound - state.progress[index].firstHeldRow : row)
      context.rows = rows
      step.operation.run(context)
    }
    state.progress[index].rowsDone = rows.upperBound
  }

  /// Moves what is left of the rows to where they begin.
  private func drop(rowsBefore row: Int, of index: Int) {
    let progress = state.progress + index
    let first = min(row, progress.pointee.rowsDone)
    guard first > progress.pointee.firstHeldRow, let held = view(of: plan.steps[index].output) else { return }
    var kept = held
    kept.skip(rows: first - progress.pointee.firstHeldRow)
    var end = held
    end.skip(rows: progress.pointee.rowsDone - progress.pointee.firstHeldRow)
    held.base.copyMemory(from: kept.base, byteCount: end.base - kept.base)
    progress.pointee.firstHeldRow = first
  }
}

extension TensorView {
  /// Makes this one image that begins so many rows further on.
  fileprivate mutating func skip(rows: Int) {
    base += rows * shape[2] * pixelStride * shape.type.size
    shape[0] = 1
  }
}
