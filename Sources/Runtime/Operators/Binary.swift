import CPrefactor
import KernelContract
import PrefactorModelFormat

extension Binary {
  func outputShape(_ inputs: InputShapes) throws(Failure) -> Shape {
    guard function >= PF_ADD.rawValue, function <= PF_PRELU.rawValue else {
      throw Failure(PF_ERROR_BAD_MODEL, "# is no function of two arguments", Int(function))
    }
    return try inputs.floats(0).broadcast(with: inputs.floats(1))
  }

  func run(_ context: StepContext) {
    guard let left = context.input(0), let right = context.input(1) else { return }
    let output = context.output.shape
    var walk = StridedWalk()
    for axis in 0..<output.rank {
      walk.append(
        size: output[axis], left.shape.step(axis, broadcastTo: output.rank), right.shape.step(axis, broadcastTo: output.rank))
    }
    var job = Job(
      binary: self, walk: walk, left: left.floats, right: right.floats, output: context.output.floats, kernels: context.kernels,
      elements: WorkSplit(walk.count, elements: 1))
    context.threads.run(items: job.elements.items, &job) { raw, item, _ in
      raw.assumingMemoryBound(to: Job.self).pointee.compute(item)
    }
  }

  private struct Job {
    let binary: Binary
    /// The inputs. Along its innermost axis each either goes forward or has one value.
    let walk: StridedWalk
    let left: UnsafePointer<Float>
    let right: UnsafePointer<Float>
    let output: UnsafeMutablePointer<Float>
    let kernels: UnsafePointer<pf_kernels>
    let elements: WorkSplit

    func compute(_ item: Int) {
      let function = pf_binary(rawValue: UInt32(binary.function))
      let steps = walk.innermost
      walk.forEachRun(elements.range(item)) { position, first, second, count in
        kernels.pointee.binary(
          function, left + first, steps.first, right + second, steps.second, output + position, count, binary.clamp.low,
          binary.clamp.high)
      }
    }
  }
}
