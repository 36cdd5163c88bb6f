import CPrefactor
import KernelContract
import PrefactorModelFormat

extension Pool {
  func outputShape(_ inputs: InputShapes) throws(Failure) -> Shape {
    let image = try inputs.image()
    try window.check()
    guard kind != nil else {
      throw Failure(PF_ERROR_BAD_MODEL, "# is not a known kind of pool", Int(kindCode))
    }
    guard max(window.padTop, window.padBottom) < window.spanHeight,
      max(window.padLeft, window.padRight) < window.spanWidth
    else {
      throw Failure(PF_ERROR_BAD_MODEL, "a pool's pads reach past its window")
    }
    return try geometry(image).outputShape(batch: image[0], channels: image[3])
  }

  package func geometry(_ image: Shape) -> WindowGeometry { window.geometry(over: image, ceilMode: ceilMode != 0) }

  func run(_ context: StepContext) {
    guard let kind, let image = context.input(0) else { return }
    let shape = image.shape
    let output = context.output.shape
    let geometry = geometry(shape)
    let pool = pf_pool(
      window: window.kernelWindow(geometry), kind: Int32(bitPattern: kind.kernel.rawValue),
      include_pad: countIncludePad,
      pad_bottom: Int32(geometry.height.padAfter), pad_right: Int32(geometry.width.padAfter),
      input_height: Int32(shape[1]), input_width: Int32(shape[2]), output_height: Int32(output[1]),
      output_width: Int32(output[2]),
      channels: Int32(shape[3]), input_stride: Int64(image.pixelStride),
      output_stride: Int64(context.output.pixelStride),
      input: UnsafePointer(image.floats), output: context.output.floats, cancelled: context.threads.cancellation)
    var job = Job(
      pool: pool, kernels: context.kernels, inputStep: image.step(0), outputStep: context.output.step(0),
      rows: WorkSplit(rows: output[1], elements: output.step(1), taps: pool.window.taps).even(on: context.threads))
    context.threads.run(items: shape[0] * job.rows.items, &job) { raw, item, _ in
      raw.assumingMemoryBound(to: Job.self).pointee.compute(item)
    }
  }

  private struct Job {
    let pool: pf_pool
    let kernels: UnsafePointer<pf_kernels>
    let inputStep: Int
    let outputStep: Int
    let rows: WorkSplit

    func compute(_ item: Int) {
      let image = item / rows.items
      let range = rows.range(item % rows.items)
      var pool = pool
      pool.input += image * inputStep
      pool.output += image * outputStep
      kernels.pointee.pool(&pool, Int32(range.lowerBound), Int32(range.count))
    }
  }
}

extension PoolKind {
  /// Kernels number them as files do.
  var kernel: pf_pool_kind { pf_pool_kind(UInt32(bitPattern: rawValue)) }
}
