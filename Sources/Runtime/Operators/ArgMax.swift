import CPrefactor
import KernelContract
import PrefactorModelFormat

extension ArgMax {
  func outputShape(_ inputs: InputShapes) throws(Failure) -> Shape {
    let input = try inputs.floats(0)
    let reduced = try input.axis(axis)
    guard input[reduced] > 0 else { throw Failure(PF_ERROR_SHAPE, "axis # has no values to choose from", reduced) }
    var output = Shape(type: .int64)
    for axis in 0..<input.rank {
      if axis != reduced { output.append(input[axis]) } else if keepDims != 0 { output.append(1) }
    }
    return output
  }

  func run(_ context: StepContext) {
    guard let input = context.input(0) else { return }
    let count = input.shape[Int(axis)]
    var job = Job(
      count: count, inner: input.shape.step(Int(axis)), selectLast: selectLast != 0, input: input.floats,
      output: context.output.int64s, cancelled: context.threads.cancellation,
      results: WorkSplit(context.output.shape.count, elements: count))
    context.threads.run(items: job.results.items, &job) { raw, item, _ in
      let job = raw.assumingMemoryBound(to: Job.self)
      for result in job.pointee.results.range(item) { job.pointee.choose(result) }
    }
  }

  private struct Job {
    let count: Int
    let inner: Int
    let selectLast: Bool
    let input: UnsafePointer<Float>
    let output: UnsafeMutablePointer<Int64>
    let cancelled: UnsafePointer<Int64>
    let results: WorkSplit

    func choose(_ result: Int) {
      let values = input + (result / inner * count * inner + result % inner)
      var best = 0
      var largest = values[0]
      for index in 1..<count {
        if pf_is_cancelled(cancelled) != 0 { return }
        let value = values[index * inner]
        if value > largest || (selectLast && value == largest) { (best, largest) = (index, value) }
      }
      output[result] = Int64(best)
    }
  }
}
