import CPrefactor
import KernelContract
import PrefactorModelFormat

extension Unary {
  func outputShape(_ inputs: InputShapes) throws(Failure) -> Shape {
    guard function >= PF_RELU.rawValue, function <= PF_COPY.rawValue else {
      throw Failure(PF_ERROR_BAD_MODEL, "# is no function of one argument", Int(function))
    }
    return try inputs.floats(0)
  }

  func run(_ context: StepContext) {
    guard let input = context.input(0) else { return }
    var job = Job(
      unary: self, input: input.floats, output: context.output.floats, kernels: context.kernels,
      elements: WorkSplit(input.shape.count, elements: 1))
    context.threads.run(items: job.elements.items, &job) { raw, item, _ in
      raw.assumingMemoryBound(to: Job.self).pointee.compute(item)
    }
  }

  private struct Job {
    let unary: Unary
    let input: UnsafePointer<Float>
    let output: UnsafeMutablePointer<Float>
    let kernels: UnsafePointer<pf_kernels>
    let elements: WorkSplit

    func compute(_ item: Int) {
      let range = elements.range(item)
      kernels.pointee.unary(
        pf_unary(rawValue: UInt32(unary.function)), unary.alpha, unary.beta, input + range.lowerBound, output + range.lowerBound,
        range.count)
    }
  }
}
