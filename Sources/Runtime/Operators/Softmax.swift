import CPrefactor
import CShims
import KernelContract
import PrefactorModelFormat

extension Softmax {
  func outputShape(_ inputs: InputShapes) throws(Failure) -> Shape {
    let input = try inputs.floats(0)
    _ = try input.axis(axis)
    return input
  }

  func run(_ context: StepContext) {
    guard let input = context.input(0) else { return }
    let count = input.shape[Int(axis)]
    var job = Job(
      count: count, inner: input.shape.step(Int(axis)), logarithm: logarithm, input: input.floats,
      output: context.output.floats,
      kernels: context.kernels, cancelled: context.threads.cancellation,
      rows: WorkSplit(input.shape.count / count, elements: 4 * count).even(on: context.threads))
    context.threads.run(items: job.rows.items, &job) { raw, item, _ in
      raw.assumingMemoryBound(to: Job.self).pointee.compute(item)
    }
  }

  private struct Job {
    let count: Int
    /// Elements from one value of a row to the next.
    let inner: Int
    let logarithm: Int32
    let input: UnsafePointer<Float>
    let output: UnsafeMutablePointer<Float>
    let kernels: UnsafePointer<pf_kernels>
    let cancelled: UnsafePointer<Int64>
    let rows: WorkSplit

    func compute(_ item: Int) {
      let range = rows.range(item)
      if inner == 1 {
        let offset = range.lowerBound * count
        kernels.pointee.softmax(input + offset, output + offset, range.count, count, logarithm, cancelled)
      } else {
        for row in range { computeStrided(from: row / inner * count * inner + row % inner) }
      }
    }

    private func computeStrided(from first: Int) {
      let offsets = stride(from: first, to: first + count * inner, by: inner)
      var largest = -Float.infinity
      for offset in offsets {
        if pf_is_cancelled(cancelled) != 0 { return }
        largest = max(largest, input[offset])
      }
      var sum: Float = 0
      for offset in offsets {
        if pf_is_cancelled(cancelled) != 0 { return }
        sum += shim_expf(input[offset] - largest)
      }
      let logarithmOfSum = shim_logf(sum)
      for offset in offsets {
        if pf_is_cancelled(cancelled) != 0 { return }
        let difference = input[offset] - largest
        output[offset] = logarithm != 0 ? difference - logarithmOfSum : shim_expf(difference) / sum
      }
    }
  }
}
