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
      unary: self, walk: StridedWalk(context.output, input), input: input.floats, output: context.output.floats,
      kernels: context.kernels,
      elements: WorkSplit(input.shape.count, elements: cost))
    context.threads.run(items: job.elements.items, &job) { raw, item, _ in
      raw.assumingMemoryBound(to: Job.self).pointee.compute(item)
    }
  }

  /// How many elements can be moved in the time that this takes for one.
  private var cost: Int {
    switch pf_unary(rawValue: UInt32(function)) {
    case PF_RELU, PF_LEAKY_RELU, PF_CLIP, PF_HARD_SIGMOID, PF_HARD_SWISH, PF_SOFTSIGN, PF_SQRT, PF_ABS, PF_NEGATE,
      PF_RECIPROCAL, PF_COPY:
      1
    default: 8
    }
  }

  private struct Job {
    let unary: Unary
    /// The output and the input.
    let walk: StridedWalk
    let input: UnsafePointer<Float>
    let output: UnsafeMutablePointer<Float>
    let kernels: UnsafePointer<pf_kernels>
    let elements: WorkSplit

    func compute(_ item: Int) {
      let function = pf_unary(rawValue: UInt32(unary.function))
      walk.forEachRun(elements.range(item)) { _, first, second, count in
        kernels.pointee.unary(function, unary.alpha, unary.beta, input + second, count, output + first, count, 1, count)
      }
    }
  }
}
