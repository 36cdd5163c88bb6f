import CPrefactor
import KernelContract
import PrefactorModelFormat

extension Reduction {
  func outputShape(_ inputs: InputShapes) throws(Failure) -> Shape {
    let input = try inputs.floats(0)
    guard function != nil else {
      throw Failure(PF_ERROR_BAD_MODEL, "# is not a known reduction", Int(functionCode))
    }
    guard axes >= 0, axes < 1 << input.rank else {
      throw Failure(PF_ERROR_BAD_MODEL, "axes are reduced that the input of # does not have", input.rank)
    }
    var output = Shape()
    for axis in 0..<input.rank {
      if !isReduced(axis) {
        output.append(input[axis])
      } else {
        guard input[axis] > 0 else { throw Failure(PF_ERROR_SHAPE, "axis # has no values to reduce", axis) }
        if keepDims != 0 { output.append(1) }
      }
    }
    return output
  }

  /// Whether the reduced axes are the innermost ones but for the last, and have several values.
  func reducesPixels(_ input: Shape) -> Bool {
    let last = input.rank - 1
    var axis = last
    while axis > 0 && isReduced(axis - 1) { axis -= 1 }
    return last >= 0 && axes == (1 << Int32(last)) - (1 << Int32(axis)) && input.count(axis..<last) > 1
  }

  private func isReduced(_ axis: Int) -> Bool { axes & (1 << Int32(axis)) != 0 }

  func run(_ context: StepContext) {
    guard let function, let input = context.input(0) else { return }
    if !reduceAdjacent(function, input, context) { reduceScattered(function, input, context) }
  }

  /// Reduces axes that lie side by side, which a kernel can do; says whether they do.
  private func reduceAdjacent(_ function: ReductionFunction, _ input: TensorView, _ context: StepContext) -> Bool {
    guard let (outer, count, inner) = adjacent(input.shape) else { return false }
    var job = AdjacentJob(
      function: function.kernel, count: count, inner: inner,
      rowStride: input.isDense ? inner : input.pixelStride, input: input.floats,
      output: context.output.floats, kernels: context.kernels, cancelled: context.threads.cancellation,
      results: WorkSplit(outer * inner, elements: count, atLeast: min(inner, 16)))
    context.threads.run(items: job.results.items, &job) { raw, item, _ in
      raw.assumingMemoryBound(to: AdjacentJob.self).pointee.compute(item)
    }
    return true
  }

  /// Where the reduced axes lie side by side, the numbers of elements before, in and behind them.
  package func adjacent(_ input: Shape) -> (outer: Int, count: Int, inner: Int)? {
    var outer = 1
    var count = 1
    var inner = 1
    for axis in 0..<input.rank where input[axis] > 1 {
      if !isReduced(axis) {
        if count == 1 { outer *= input[axis] } else { inner *= input[axis] }
      } else {
        if inner > 1 { return nil }
        count *= input[axis]
      }
    }
    return (outer, count, inner)
  }

  private struct AdjacentJob {
    let function: pf_reduction
    let count: Int
    let inner: Int
    /// From one value of a result to the next.
    let rowStride: Int
    let input: UnsafePointer<Float>
    let output: UnsafeMutablePointer<Float>
    let kernels: UnsafePointer<pf_kernels>
    let cancelled: UnsafePointer<Int64>
    let results: WorkSplit

    func compute(_ item: Int) {
      let range = results.range(item)
      var position = range.lowerBound
      while position < range.upperBound {
        let outer = position / inner
        let first = position % inner
        let columns = min(inner - first, range.upperBound - position)
        kernels.pointee.reduce(
          function, input + outer * count * rowStride, rowStride, output + outer * inner, count, inner, first, columns,
          cancelled)
        position += columns
      }
    }
  }

  private func reduceScattered(_ function: ReductionFunction, _ input: TensorView, _ context: StepContext) {
    var kept = StridedWalk()
    var reduced = StridedWalk()
    for axis in 0..<input.shape.rank {
      if isReduced(axis) {
        reduced.append(size: input.shape[axis], input.shape.step(axis), 0)
      } else {
        kept.append(size: input.shape[axis], input.shape.step(axis), 0)
      }
    }
    var job = ScatteredJob(
      function: function, kept: kept, reduced: reduced, input: input.floats,
      output: context.output.floats, cancelled: context.threads.cancellation,
      results: WorkSplit(kept.count, elements: 2 * reduced.count))
    context.threads.run(items: job.results.items, &job) { raw, item, _ in
      raw.assumingMemoryBound(to: ScatteredJob.self).pointee.compute(item)
    }
  }

  private struct ScatteredJob {
    let function: ReductionFunction
    let kept: StridedWalk
    let reduced: StridedWalk
    let input: UnsafePointer<Float>
    let output: UnsafeMutablePointer<Float>
    let cancelled: UnsafePointer<Int64>
    let results: WorkSplit

    func compute(_ item: Int) {
      for result in results.range(item) { output[result] = reduce(input + kept.offsets(at: result).first) }
    }

    private func reduce(_ values: UnsafePointer<Float>) -> Float {
      let count = reduced.count
      let step = reduced.innermost.first
      var sum = 0.0
      var product = 1.0
      var largest = -Float.infinity
      var smallest = Float.infinity
      reduced.forEachRun(0..<count) { _, first, _, run in
        for i in 0..<run {
          if pf_is_cancelled(cancelled) != 0 { return }
          let value = values[first + i * step]
          sum += Double(value)
          product *= Double(value)
          // NaN, once a value is.
          if value.isNaN || value > largest { largest = value }
          if value.isNaN || value < smallest { smallest = value }
        }
      }
      switch function {
      case .mean: return Float(sum / Double(count))
      case .sum: return Float(sum)
      case .maximum: return largest
      case .minimum: return smallest
      case .product: return Float(product)
      }
    }
  }
}

extension ReductionFunction {
  /// Kernels number them as files do.
  var kernel: pf_reduction { pf_reduction(UInt32(bitPattern: rawValue)) }
}
