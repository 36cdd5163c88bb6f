import CPrefactor
import PrefactorModelFormat

extension Cast {
  func outputShape(_ inputs: InputShapes) throws(Failure) -> Shape {
    guard let type = ElementType(rawValue: type) else {
      throw Failure(PF_ERROR_UNSUPPORTED, "element type # is not supported", Int(type))
    }
    var output = try inputs.tensor(0)
    guard output.type == type || (Cast.converts(output.type) && Cast.converts(type)) else {
      throw Failure(PF_ERROR_UNSUPPORTED, "a cast from @ to @ is not supported").naming(
        output.type.name.cString, type.name.cString)
    }
    output.type = type
    return output
  }

  /// Whether there is a conversion between this type and the others of which that is so.
  private static func converts(_ type: ElementType) -> Bool { type == .float32 || type == .int64 }

  func run(_ context: StepContext) {
    guard let input = context.input(0) else { return }
    if input.shape.type == context.output.shape.type { return context.copy(input) }
    var job = Job(input: input, output: context.output, elements: WorkSplit(input.shape.count, elements: 2))
    context.threads.run(items: job.elements.items, &job) { raw, item, _ in
      raw.assumingMemoryBound(to: Job.self).pointee.compute(item)
    }
  }

  private struct Job {
    let input: TensorView
    let output: TensorView
    let elements: WorkSplit

    func compute(_ item: Int) {
      if output.shape.type == .int64 {
        for i in elements.range(item) { output.int64s[i] = Int64(saturating: input.floats[i]) }
      } else {
        for i in elements.range(item) { output.floats[i] = Float(input.int64s[i]) }
      }
    }
  }
}

extension Int64 {
  /// Rounds towards zero; a NaN gives 0, and what is out of range the nearest number.
  init(saturating value: Float) {
    self = if value.isNaN { 0 } else if value >= 0x1p63 { .max } else if value <= -0x1p63 { .min } else { Int64(value) }
  }
}
