import CPrefactor
import KernelContract
import PrefactorModelFormat

extension Affine {
  func outputShape(_ inputs: InputShapes) throws(Failure) -> Shape {
    let input = try inputs.floats(0)
    guard input.rank >= 1 else { throw Failure(PF_ERROR_SHAPE, "input # needs # dimensions or more", 0, 1) }
    for index in 1...2 {
      let factors = try inputs.floats(index)
      guard factors.rank == 1, factors[0] == input[input.rank - 1] else {
        throw Failure(
          PF_ERROR_BAD_MODEL, "input # does not have one value for each of # channels", index, input[input.rank - 1])
      }
    }
    return input
  }

  func run(_ context: StepContext) {
    guard let input = context.input(0), let scale = context.input(1), let shift = context.input(2) else { return }
    let channels = input.shape[input.shape.rank - 1]
    var job = Job(
      step: pf_affine(
        channels: Int32(channels), input_stride: Int64(channels), output_stride: Int64(channels), scale: scale.floats,
        shift: shift.floats,
        low: clamp.low, high: clamp.high),
      input: input.floats, output: context.output.floats, kernels: context.kernels,
      pixels: WorkSplit(input.shape.count / channels, elements: channels).even(on: context.threads))
    context.threads.run(items: job.pixels.items, &job) { raw, item, _ in
      raw.assumingMemoryBound(to: Job.self).pointee.compute(item)
    }
  }

  private struct Job {
    let step: pf_affine
    let input: UnsafePointer<Float>
    let output: UnsafeMutablePointer<Float>
    let kernels: UnsafePointer<pf_kernels>
    let pixels: WorkSplit

    func compute(_ item: Int) {
      let range = pixels.range(item)
      var step = step
      kernels.pointee.affine(
        &step, input + range.lowerBound * Int(step.input_stride), output + range.lowerBound * Int(step.output_stride),
        range.count)
    }
  }
}
