import CPrefactor
import PrefactorModelFormat

extension Gather {
  func outputShape(_ inputs: InputShapes) throws(Failure) -> Shape {
    let input = try inputs.tensor(0)
    let indices = try inputs.tensor(1)
    let axis = try input.axis(axis)
    guard indices.type == .int64, indices.rank == 1 else {
      throw Failure(PF_ERROR_BAD_MODEL, "the indices are not a vector of integers")
    }
    guard input[axis] > 0 || indices[0] == 0 else {
      throw Failure(PF_ERROR_SHAPE, "axis # has no elements to gather", axis)
    }
    var output = input
    output[axis] = indices[0]
    return output
  }

  /// The places that the indices mean.
  static func needs(_ inputs: InputShapes) -> OperatorNeeds {
    OperatorNeeds(shared: Int64(inputs[1]?.count ?? 0) * Int64(MemoryLayout<Int>.stride))
  }

  /// Indices that are known before a run must be those of elements.
  func check(_ indices: UnsafePointer<Int64>, _ inputs: InputShapes) throws(Failure) {
    guard let size = inputs[0]?[Int(axis)], let count = inputs[1]?.count else { return }
    for i in 0..<count where indices[i] < -Int64(size) || indices[i] >= Int64(size) {
      throw Failure(PF_ERROR_SHAPE, "gathers index # of an axis of # elements", wide: indices[i], Int64(size))
    }
  }

  /// The place that an index of an axis means; the nearest where there is none, since a file may change after it was
  /// checked.
  static func place(_ index: Int64, size: Int) -> Int {
    Int(Swift.min(Swift.max(index < 0 ? index + Int64(size) : index, 0), Int64(size - 1)))
  }

  func run(_ context: StepContext) {
    guard let input = context.input(0), let indices = context.input(1) else { return }
    let axis = Int(axis)
    let size = input.shape[axis]
    let count = indices.shape[0]
    let places = context.sharedScratch.assumingMemoryBound(to: Int.self)
    for i in 0..<count { places[i] = Gather.place(indices.int64s[i], size: size) }
    var job = Job(
      places: UnsafeBufferPointer(start: places, count: count), size: size, inner: input.shape.step(axis),
      elementSize: input.shape.type.size,
      input: input.base, output: context.output.base,
      rows: WorkSplit(input.shape.count(0..<axis), elements: count * input.shape.step(axis)))
    context.threads.run(items: job.rows.items, &job) { raw, item, _ in
      raw.assumingMemoryBound(to: Job.self).pointee.compute(item)
    }
  }

  private struct Job {
    let places: UnsafeBufferPointer<Int>
    /// Of the axis in the input.
    let size: Int
    /// Elements from one place of the axis to the next.
    let inner: Int
    let elementSize: Int
    let input: UnsafeMutableRawPointer
    let output: UnsafeMutableRawPointer
    /// Indices of the axes before this one.
    let rows: WorkSplit

    func compute(_ item: Int) {
      for row in rows.range(item) {
        let from = input + row * size * inner * elementSize
        let to = output + row * places.count * inner * elementSize
        if inner * elementSize == 4 {
          let from = from.assumingMemoryBound(to: UInt32.self)
          let to = to.assumingMemoryBound(to: UInt32.self)
          for i in 0..<places.count { to[i] = from[places[i]] }
        } else {
          let bytes = inner * elementSize
          for i in 0..<places.count { (to + i * bytes).copyMemory(from: from + places[i] * bytes, byteCount: bytes) }
        }
      }
    }
  }
}
