import CPrefactor
import KernelContract
import PrefactorModelFormat

extension ResponseNormalization {
  func outputShape(_ inputs: InputShapes) throws(Failure) -> Shape {
    guard size >= 1, size <= Limit.extent else {
      throw Failure(PF_ERROR_BAD_MODEL, "a normalization across # channels is out of range", Int(size))
    }
    return try inputs.operand(0, minimumRank: 1)
  }

  func run(_ context: StepContext) {
    guard let input = context.input(0) else { return }
    let channels = input.shape[input.shape.rank - 1]
    var job = Job(
      normalization: pf_lrn(
        channels: Int32(channels), size: size, alpha: alpha, beta: beta, bias: bias, input_stride: Int64(channels),
        output_stride: Int64(channels),
        cancelled: context.threads.cancellation),
      input: input.floats, output: context.output.floats, kernels: context.kernels,
      pixels: WorkSplit(input.shape.count / channels, elements: 4 * channels).even(on: context.threads))
    context.threads.run(items: job.pixels.items, &job) { raw, item, _ in
      raw.assumingMemoryBound(to: Job.self).pointee.compute(item)
    }
  }

  private struct Job {
    let normalization: pf_lrn
    let input: UnsafePointer<Float>
    let output: UnsafeMutablePointer<Float>
    let kernels: UnsafePointer<pf_kernels>
    let pixels: WorkSplit

    func compute(_ item: Int) {
      let range = pixels.range(item)
      let offset = range.lowerBound * Int(normalization.channels)
      var normalization = normalization
      kernels.pointee.lrn(&normalization, input + offset, output + offset, range.count)
    }
  }
}
