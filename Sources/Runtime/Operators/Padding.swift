import CPrefactor
import CShims
import PrefactorModelFormat

extension Padding {
  func outputShape(_ inputs: InputShapes) throws(Failure) -> Shape {
    let input = try inputs.tensor(0)
    guard mode >= Mode.constant, mode <= Mode.edge else {
      throw Failure(PF_ERROR_BAD_MODEL, "# is not a known padding mode", Int(mode))
    }
    guard mode != Mode.constant || input.type == .float32 || input.type == .int64 else {
      throw Failure(PF_ERROR_UNSUPPORTED, "padding with a constant does not take input 0, of type @").naming(
        input.type.name.cString)
    }
    var output = input
    for axis in 0..<input.rank {
      let before = Int(before[axis])
      let after = Int(after[axis])
      guard before.magnitude <= Limit.extent, after.magnitude <= Limit.extent, input[axis] + before + after >= 0 else {
        throw Failure(PF_ERROR_SHAPE, "pads of # and # are out of range", before, after)
      }
      output[axis] = input[axis] + before + after
      guard mode == Mode.constant || input[axis] > 0 || output[axis] == 0 else {
        throw Failure(PF_ERROR_SHAPE, "axis # has no values to pad with", axis)
      }
    }
    return output
  }

  func run(_ context: StepContext) {
    guard let input = context.input(0) else { return }
    if mode == Mode.constant { surround(input, context) } else { continueEdges(input, context) }
  }

  package func surround<Context: DataMovement>(_ input: Context.Tensor, _ context: Context) {
    context.fill(value)
    let output = context.output.shape
    var walk = StridedWalk()
    var outputOffset = 0
    var inputOffset = 0
    for axis in 0..<output.rank {
      let start = max(Int(before[axis]), 0)
      let inputStart = max(-Int(before[axis]), 0)
      let size = min(input.shape[axis] - inputStart, output[axis] - start)
      if size <= 0 { return }
      walk.append(size: size, output.step(axis), input.step(axis))
      outputOffset += start * output.step(axis)
      inputOffset += inputStart * input.step(axis)
    }
    context.copy(input, walk, to: outputOffset, from: inputOffset)
  }

  private func continueEdges(_ input: TensorView, _ context: StepContext) {
    let output = context.output.shape
    // The axes inside the last padded one move as a block.
    var paddedRank = output.rank
    while paddedRank > 0 && before[paddedRank - 1] == 0 && after[paddedRank - 1] == 0 { paddedRank -= 1 }
    let block = output.count(paddedRank..<output.rank)
    var job = EdgeJob(
      padding: self, rank: paddedRank, input: input, output: context.output, blockBytes: block * output.type.size,
      blocks: WorkSplit(output.count / block, elements: block + 16))
    context.threads.run(items: job.blocks.items, &job) { raw, item, _ in
      raw.assumingMemoryBound(to: EdgeJob.self).pointee.compute(item)
    }
  }

  private struct EdgeJob {
    let padding: Padding
    let rank: Int
    let input: TensorView
    let output: TensorView
    let blockBytes: Int
    let blocks: WorkSplit

    func compute(_ item: Int) {
      for block in blocks.range(item) {
        memcpy(output.base + block * blockBytes, input.base + source(of: block) * blockBytes, blockBytes)
      }
    }

    private func source(of block: Int) -> Int {
      var rest = block
      var source = 0
      var step = 1
      for axis in (0..<rank).reversed() {
        let index = rest % output.shape[axis] - Int(padding.before[axis])
        rest /= output.shape[axis]
        source += padding.inside(index, size: input.shape[axis]) * step
        step *= input.shape[axis]
      }
      return source
    }
  }

  /// The index whose value continues an axis at `index`.
  private func inside(_ index: Int, size: Int) -> Int {
    if mode == Mode.edge || size == 1 { return min(max(index, 0), size - 1) }
    let period = 2 * (size - 1)
    let phase = (index % period + period) % period
    return min(phase, period - phase)
  }
}
