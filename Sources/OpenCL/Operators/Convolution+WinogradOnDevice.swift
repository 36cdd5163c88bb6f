import COpenCL
import CPrefactor
import CShims
import KernelContract
import PrefactorModelFormat
import PrefactorRuntime

extension DeviceRecorder {
  /// The tiles that a convolution is best computed by; nil where that is directly.
  func tiles(for convolution: pf_convolution) -> pf_algorithm? {
    // The device's kernels take tiles of pixels beside each other.
    guard host.kernels.transform_weights != nil, convolution.window.dilation_height == 1,
      convolution.window.dilation_width == 1
    else { return nil }
    if let forcedAlgorithm {
      let isComputed =
        forcedAlgorithm != PF_DIRECT && forcedAlgorithm != PF_FFT_16X16
        && AlgorithmEstimate.admits(forcedAlgorithm, convolution)
      return isComputed ? forcedAlgorithm : nil
    }
    if savesMemory || convolution.group_input_channels < 16 { return nil }
    let estimate = AlgorithmEstimate(host.target)
    var best: pf_algorithm?
    var fewest = estimate.cycles(convolution, PF_DIRECT)
    // Measured on a processor: 6 × 6 gains nothing, since what is transformed goes through a cache, 2 × 2 never beats 4
    // × 4, and few tiles fill no device.
    let candidates: [4 of pf_algorithm] = [PF_WINOGRAD_4X4_3X3, PF_WINOGRAD_4X4_5X5, PF_WINOGRAD_6_3, PF_WINOGRAD_4_5]
    for index in candidates.indices
    where AlgorithmEstimate.admits(candidates[index], convolution) && convolution.tileCount(candidates[index]) >= 9 {
      let cycles = estimate.cycles(convolution, candidates[index])
      if cycles < fewest { (best, fewest) = (candidates[index], cycles) }
    }
    return best
  }

  /// In how many parts, one after the other, a convolution's tiles are computed, so that what is transformed stays in a
  /// cache; but not in so small ones that a device has not enough to do.
  fileprivate func parts(bytes: Double, tiles: Int) -> Int {
    let cacheBytes: Double = isCPU ? 4 * 0x1p20 : 32 * 0x1p20
    return max(1, Int(min(bytes / cacheBytes, Double(tiles / 64))))
  }
}

extension Convolution {
  /// Transforms the input to scratch memory, multiplies there at each position, and transforms the products to the
  /// output.
  func recordTransform(
    _ context: DeviceContext, _ image: DeviceTensor, _ weights: DeviceTensor, _ descriptor: pf_convolution,
    _ algorithm: pf_algorithm
  ) {
    context.setAlgorithm(algorithm)
    let output = context.output
    let groups = Int(groups)
    let channels = Int(descriptor.group_input_channels)
    let filters = Int(descriptor.group_output_channels)
    var window = descriptor.window
    let tiling = pf_tiling_of(algorithm, &window)
    let rows = (descriptor.output_height + tiling.output_height - 1) / tiling.output_height
    let columns = (descriptor.output_width + tiling.output_width - 1) / tiling.output_width
    let positions = Int(tiling.positions)
    let allTiles = descriptor.tileCount(algorithm)
    let parts = context.recorder.pointee.parts(
      bytes: 4 * Double(groups * positions) * Double(allTiles) * Double(channels + filters), tiles: allTiles)
    let tiles = (allTiles + parts - 1) / parts
    let (transformed, products) = context.recorder.pointee.scratch(
      floats: groups * positions * tiles * channels, groups * positions * tiles * filters)

    var winograd = pf_cl_winograd()
    winograd.images = descriptor.images
    (winograd.input_height, winograd.input_width) = (descriptor.input_height, descriptor.input_width)
    (winograd.output_height, winograd.output_width) = (descriptor.output_height, descriptor.output_width)
    (winograd.groups, winograd.channels, winograd.filters) = (Int32(groups), Int32(channels), Int32(filters))
    (winograd.pad_top, winograd.pad_left, winograd.tile_rows, winograd.tile_columns) = (
      window.pad_top, window.pad_left, rows, columns
    )
    (winograd.input, winograd.output) = (Int32(image.offset), Int32(output.offset))
    (winograd.residual, winograd.bias) = (
      Int32(context.tensor(3)?.offset ?? -1), Int32(context.tensor(2)?.offset ?? -1)
    )
    (winograd.transformed, winograd.products) = (Int32(transformed), Int32(products))
    winograd.weights = Int32(weights.offset)
    (winograd.input_stride, winograd.output_stride) = (Int32(image.pixelStride), Int32(output.pixelStride))
    winograd.residual_stride = Int32(context.tensor(3)?.pixelStride ?? 0)
    (winograd.low, winograd.high) = (clamp.low, clamp.high)

    func transform(
      _ name: StaticString, _ winograd: pf_cl_winograd, from input: cl_mem?, to output: cl_mem?, channels: Int,
      weightsType: ElementType = .float32
    ) {
      let isCPU = context.recorder.pointee.isCPU
      // A work-item has a vector for each position.
      let vector = context.recorder.pointee.vector(atMost: min(channels, isCPU ? 16 : 2))
      var options = BuildOptions()
      options.define("POINTS", Int(max(tiling.input_height, tiling.input_width)))
      options.define("OUTPUTS", Int(max(tiling.output_height, tiling.output_width)))
      if window.kernel_height == 1 { options.define("ROW", 1) }
      if window.kernel_width == 1 { options.define("COLUMN", 1) }
      options.define("VECTOR", vector)
      if weightsType == .float16 { options.define("HALF_WEIGHTS", 1) }
      context.recorder.pointee.launch(
        PF_CL_WINOGRAD, name, options, buffers: (input, output, context.constants, context.constants), winograd,
        global: ((channels + vector - 1) / vector, Int(winograd.tiles), groups),
        // PoCL takes a second to compile these for each local size.
        local: isCPU ? (1, 1, 1) : Launch.anyLocal)
    }

    var product = pf_cl_convolution()
    (product.images, product.input_height, product.output_height) = (1, 1, 1)
    (product.channels, product.filters, product.kernel_height, product.kernel_width) = (
      Int32(channels), Int32(filters), 1, 1
    )
    (product.stride_height, product.stride_width, product.dilation_height, product.dilation_width) = (1, 1, 1, 1)
    (product.input, product.output, product.residual, product.bias) = (Int32(transformed), Int32(products), -1, -1)
    (product.input_stride, product.output_stride) = (Int32(channels), Int32(filters))
    product.weights_step = Int32(pf_panel_floats(channels, filters))
    (product.low, product.high) = (-.infinity, .infinity)
    var matrices = context.constants
    if let stored = storedWeights(context, algorithm) {
      product.weights = Int32(stored.offset)
    } else {
      matrices = transformedWeights(context, weights, descriptor, algorithm)
    }
    for first in stride(from: 0, to: allTiles, by: tiles) {
      let count = Int32(min(tiles, allTiles - first))
      (winograd.first_tile, winograd.tiles) = (Int32(first), count)
      (product.input_width, product.output_width) = (count, count)
      (product.input_step, product.output_step) = (count * Int32(channels), count * Int32(filters))
      transform("transform_inputs", winograd, from: context.arena, to: context.words, channels: channels)
      recordProduct(
        context, product, weights: matrices, isPointwise: true, batches: groups * positions, isOnScratch: true)
      transform(
        "transform_outputs", winograd, from: context.words, to: context.arena, channels: filters,
        weightsType: context.step.weightsType)
    }
  }

  /// The weights as the file has them for this algorithm.
  private func storedWeights(_ context: DeviceContext, _ algorithm: pf_algorithm) -> DeviceTensor? {
    guard let node = try? context.plan.file.node(context.step.node),
      let stored = try? context.plan.storedAlgorithm(node), stored == algorithm
    else { return nil }
    return context.tensor(Convolution.transformedWeights)
  }

  private func transformedWeights(
    _ context: DeviceContext, _ weights: DeviceTensor, _ descriptor: pf_convolution, _ algorithm: pf_algorithm
  ) -> cl_mem? {
    guard let value = context.plan.operand(context.step, 1) else { return nil }
    let bytes = Int(clamping: OperatorNeeds.panelBytes(descriptor.transformedWeightFloats(algorithm)))
    return context.recorder.pointee.prepare(value, form: algorithm.rawValue, bytes: bytes) { contents in
      var descriptor = descriptor
      let panels = context.plan.file.bytes.base + 4 * weights.offset
      descriptor.weights = pf_weights(panels, as: context.step.weightsType)
      let kernels = context.recorder.pointee.host.kernels
      let transformed = contents.assumingMemoryBound(to: Float.self)
      for group in 0..<descriptor.groups {
        for panel in 0..<descriptor.panelCount {
          kernels.transform_weights(&descriptor, algorithm, group, Int32(panel), transformed)
        }
      }
      memset(contents + (bytes - Int(PF_PANEL_SLACK)), 0, Int(PF_PANEL_SLACK))
    }
  }
}
