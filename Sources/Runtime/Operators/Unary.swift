import CPrefactor
import KernelContract
import PrefactorModelFormat

extension Unary {
  func outputShape(_ inputs: InputShapes) throws(Failure) -> Shape {
    guard function != nil else {
      throw Failure(PF_ERROR_BAD_MODEL, "# is not a known function of one argument", Int(functionCode))
    }
    return try inputs.floats(0)
  }

  func run(_ context: StepContext) {
    guard let function, let input = context.input(0) else { return }
    var job = Job(
      function: function.kernel, alpha: alpha, beta: beta, walk: StridedWalk(context.output, input),
      input: input.floats, output: context.output.floats,
      kernels: context.kernels,
      elements: WorkSplit(input.shape.count, elements: cost).even(on: context.threads, multipleOf: 16))
    context.threads.run(items: job.elements.items, &job) { raw, item, _ in
      raw.assumingMemoryBound(to: Job.self).pointee.compute(item)
    }
  }

  /// How many elements can be moved in the time that this takes for one.
  private var cost: Int {
    switch function {
    case .relu, .leakyRelu, .clip, .hardSigmoid, .hardSwish, .softsign, .sqrt, .abs, .negate, .reciprocal, .copy:
      1
    case .sigmoid, .tanh, .elu, .selu, .softplus, .mish, .gelu, .geluTanh, .erf, .exp, .log, nil: 8
    }
  }

  private struct Job {
    let function: pf_unary
    let alpha: Float, beta: Float
    /// The output and the input.
    let walk: StridedWalk
    let input: UnsafePointer<Float>
    let output: UnsafeMutablePointer<Float>
    let kernels: UnsafePointer<pf_kernels>
    let elements: WorkSplit

    func compute(_ item: Int) {
      walk.forEachRun(elements.range(item)) { _, first, second, count in
        kernels.pointee.unary(function, alpha, beta, input + second, count, output + first, count, 1, count)
      }
    }
  }
}

extension UnaryFunction {
  /// Kernels number them as files do.
  var kernel: pf_unary { pf_unary(UInt32(bitPattern: rawValue)) }
}
