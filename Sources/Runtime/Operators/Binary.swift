import CPrefactor
import KernelContract
import PrefactorModelFormat

extension Binary {
  func outputShape(_ inputs: InputShapes) throws(Failure) -> Shape {
    guard function != nil else {
      throw Failure(PF_ERROR_BAD_MODEL, "# is not a known function of two arguments", Int(functionCode))
    }
    if isComparison, try inputs.tensor(0).type == .int64, try inputs.tensor(1).type == .int64 {
      var output = try inputs.tensor(0).broadcast(with: inputs.tensor(1))
      output.type = .float32
      return output
    }
    return try inputs.floats(0).broadcast(with: inputs.floats(1))
  }

  func run(_ context: StepContext) {
    guard let function, let left = context.input(0), let right = context.input(1) else { return }
    let output = context.output.shape
    var walk = StridedWalk()
    for axis in 0..<output.rank {
      walk.append(
        size: output[axis], left.step(axis, broadcastTo: output.rank), right.step(axis, broadcastTo: output.rank),
        mayMerge: context.output.isDense || axis < output.rank - 1)
    }
    if left.shape.type == .int64 { return compareIntegers(walk, left.int64s, right.int64s, context) }
    // Rows along the innermost axis, unless one row is work for several threads.
    let rowLength = walk.innermost.size
    let isSingleRow = walk.rank == 1 || rowLength >= WorkSplit.elementsPerItem
    let cost = function == .power ? 64 : 1
    var job = Job(
      function: function.kernel, clamp: clamp, walk: walk, left: left.floats, right: right.floats,
      output: context.output.floats,
      channels: output.channels,
      pixelStride: context.output.pixelStride, kernels: context.kernels,
      split: isSingleRow
        ? WorkSplit(walk.count, elements: cost).even(on: context.threads, multipleOf: 16)
        : WorkSplit(walk.count / rowLength, elements: cost * rowLength).even(on: context.threads))
    if isSingleRow {
      context.threads.run(items: job.split.items, &job) { raw, item, _ in
        raw.assumingMemoryBound(to: Job.self).pointee.computeElements(item)
      }
    } else {
      context.threads.run(items: job.split.items, &job) { raw, item, _ in
        raw.assumingMemoryBound(to: Job.self).pointee.computeRows(item)
      }
    }
  }

  private struct Job {
    let function: pf_binary
    let clamp: Clamp
    /// The inputs. Along its innermost axis each either goes forward or has one value. No run leaves a pixel of an
    /// output with gaps.
    let walk: StridedWalk
    let left: UnsafePointer<Float>
    let right: UnsafePointer<Float>
    let output: UnsafeMutablePointer<Float>
    let channels: Int
    let pixelStride: Int
    let kernels: UnsafePointer<pf_kernels>
    /// Of elements or rows.
    let split: WorkSplit

    func computeElements(_ item: Int) {
      walk.forEachRun(split.range(item)) { position, first, second, count in
        compute(position, first, second, rows: 1, count: count, strides: (0, 0))
      }
    }

    func computeRows(_ item: Int) {
      let rows = walk.withoutInnermost
      let count = walk.innermost.size
      let strides = (rows.innermost.first, rows.innermost.second)
      rows.forEachRun(split.range(item)) { row, first, second, run in
        compute(row * count, first, second, rows: run, count: count, strides: strides)
      }
    }

    private func compute(
      _ position: Int, _ first: Int, _ second: Int, rows: Int, count: Int, strides: (left: Int, right: Int)
    ) {
      let steps = walk.innermost
      let gap = pixelStride - channels
      var left = pf_operand(values: left + first, step: Int64(steps.first), stride: Int64(strides.left))
      var right = pf_operand(values: right + second, step: Int64(steps.second), stride: Int64(strides.right))
      kernels.pointee.binary(
        function, &left, &right,
        output + (gap == 0 ? position : position + position / channels * gap),
        gap == 0 ? count : pixelStride, rows, count, clamp.low, clamp.high)
    }
  }
}

extension BinaryFunction {
  /// Kernels number them as files do.
  var kernel: pf_binary { pf_binary(UInt32(bitPattern: rawValue)) }
}
