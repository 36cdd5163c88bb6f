import PrefactorModelFormat

extension Binary {
  /// As integers, of which float32 numbers are only those up to 2²⁴. Rare enough not to deserve kernels.
  func compareIntegers(
    _ walk: StridedWalk, _ left: UnsafePointer<Int64>, _ right: UnsafePointer<Int64>, _ context: StepContext
  ) {
    var job = IntegerJob(
      binary: self, walk: walk, left: left, right: right, output: context.output,
      elements: WorkSplit(walk.count, elements: 4))
    context.threads.run(items: job.elements.items, &job) { raw, item, _ in
      raw.assumingMemoryBound(to: IntegerJob.self).pointee.compute(item)
    }
  }

  private struct IntegerJob {
    let binary: Binary
    let walk: StridedWalk
    let left: UnsafePointer<Int64>
    let right: UnsafePointer<Int64>
    let output: TensorView
    let elements: WorkSplit

    func compute(_ item: Int) {
      let steps = walk.innermost
      let channels = output.shape.channels
      let clamp = binary.clamp
      let (isLess, isEqual) = (binary.function != .equal, binary.function != .less)
      walk.forEachRun(elements.range(item)) { position, first, second, count in
        for i in 0..<count {
          let a = left[first + i * steps.first]
          let b = right[second + i * steps.second]
          let place = position + i
          let value: Float = a < b && isLess || a == b && isEqual ? 1 : 0
          output.floats[place + place / channels * (output.pixelStride - channels)] = min(
            max(value, clamp.low), clamp.high)
        }
      }
    }
  }
}
