import COpenCL
import CPrefactor
import CShims
import KernelContract
import PrefactorModelFormat
import PrefactorOpenCL

extension Convolution {
  func record(_ context: DeviceContext) -> Bool {
    guard let image = context.input(0), let weights = context.input(1), !image.isConstant, !(context.input(3)?.isConstant ?? false) else { return false }
    if isDepthwise(weights.shape) {
      recordDepthwise(context, image, weights)
      return true
    }
    let descriptor = descriptor(image: image.shape, output: context.output.shape)
    if let algorithm = context.recorder.pointee.tiles(for: descriptor) {
      recordTiled(context, image, weights, descriptor, algorithm)
    } else if readsShortRows(descriptor) {
      recordRows(context, image, weights, descriptor)
    } else {
      let zeros = context.recorder.pointee.zeros(floats: Int(descriptor.group_input_channels))
      recordProduct(context, product(context, descriptor, image, weights, zeros: zeros), weights: context.constants, isPointwise: isPointwise(image.shape))
    }
    return true
  }

  /// The product that computes a convolution directly.
  private func product(
    _ context: DeviceContext, _ descriptor: pf_convolution, _ image: DeviceTensor, _ weights: DeviceTensor, zeros: Int
  ) -> pf_cl_convolution {
    let output = context.output, window = descriptor.window
    let filters = Int(descriptor.group_output_channels), depth = weights.shape.count / weights.shape[0]
    var product = pf_cl_convolution()
    product.images = descriptor.images
    (product.input_height, product.input_width) = (descriptor.input_height, descriptor.input_width)
    (product.output_height, product.output_width) = (descriptor.output_height, descriptor.output_width)
    (product.channels, product.filters) = (descriptor.group_input_channels, descriptor.group_output_channels)
    (product.kernel_height, product.kernel_width) = (window.kernel_height, window.kernel_width)
    (product.stride_height, product.stride_width) = (window.stride_height, window.stride_width)
    (product.dilation_height, product.dilation_width) = (window.dilation_height, window.dilation_width)
    (product.pad_top, product.pad_left) = (window.pad_top, window.pad_left)
    (product.input, product.output, product.zeros) = (Int32(image.offset), Int32(output.offset), Int32(zeros))
    (product.weights, product.bias) = (Int32(weights.offset), Int32(context.input(2)?.offset ?? -1))
    product.residual = Int32(context.input(3)?.offset ?? -1)
    (product.input_stride, product.output_stride) = (Int32(image.pixelStride), Int32(output.pixelStride))
    product.residual_stride = Int32(context.input(3)?.pixelStride ?? 0)
    (product.input_step, product.output_step) = (product.channels, product.filters)
    (product.residual_step, product.bias_step) = (product.filters, product.filters)
    product.weights_step = Int32(pf_panel_floats(depth, filters))
    (product.low, product.high) = (clamp.low, clamp.high)
    return product
  }

  private func recordProduct(
    _ context: DeviceContext, _ product: pf_cl_convolution, weights: cl_mem?, isPointwise: Bool, batches: Int? = nil, hasHalfWeights: Bool? = nil
  ) {
    let pixels = Int(product.images) * Int(product.output_height) * Int(product.output_width), batches = batches ?? Int(groups)
    let tile = ProductTile.suited(isCPU: context.recorder.pointee.isCPU, columns: Int(product.filters), pixels: pixels)
    var options = tile.options
    if isPointwise { options.define("POINTWISE", 1) }
    if hasHalfWeights ?? context.step.hasHalfWeights { options.define("HALF_WEIGHTS", 1) }
    context.recorder.pointee.launch(
      PF_CL_CONVOLUTION, "convolution", options, buffers: (context.arena, context.arena, weights, context.constants), product,
      global: tile.global(pixels: pixels, columns: Int(product.filters), batches: batches), local: tile.local)
  }
}

// MARK: Few channels

extension Convolution {
  /// Whether loops over the channels would be over before they pay.
  private func readsShortRows(_ descriptor: pf_convolution) -> Bool {
    groups == 1 && descriptor.group_input_channels < 8 && descriptor.window.kernel_width > 1 && descriptor.window.dilation_width == 1
  }

  /// Takes a window's row for one pixel of an image whose rows are padded, so that it is read in one go.
  private func recordRows(_ context: DeviceContext, _ image: DeviceTensor, _ weights: DeviceTensor, _ descriptor: pf_convolution) {
    let shape = image.shape, window = descriptor.window, channels = shape[3]
    let width = (Int(descriptor.output_width) - 1) * Int(window.stride_width) + Int(window.kernel_width)
    let zeros = context.recorder.pointee.zeros(floats: channels * Int(window.kernel_width))
    let padded = context.recorder.pointee.scratch(floats: shape[0] * shape[1] * width * channels)
    var options = BuildOptions()
    options.define("VECTOR", 1)
    options.define("COLUMNS", 1)
    options.define("PIXELS", 1)
    context.recorder.pointee.launch(
      PF_CL_CONVOLUTION, "pad_image", options, buffers: (context.arena, context.arena, context.constants, context.constants),
      pf_cl_padding(
        images: Int32(shape[0]), height: Int32(shape[1]), width: Int32(shape[2]), channels: Int32(channels), left: window.pad_left,
        padded_width: Int32(width), input: Int32(image.offset), output: Int32(padded), image_step: Int32(image.step(0)), row_step: Int32(image.step(1)),
        pixel_step: Int32(image.pixelStride), channel_step: 1), global: (width, shape[1], shape[0]), local: Launch.anyLocal)
    var product = product(context, descriptor, image, weights, zeros: zeros)
    (product.input, product.input_width, product.input_stride) = (Int32(padded), Int32(width), Int32(channels))
    product.channels *= window.kernel_width
    (product.kernel_width, product.pad_left) = (1, 0)
    recordProduct(context, product, weights: context.constants, isPointwise: false)
  }
}

// MARK: Winograd

extension DeviceRecorder {
  /// The tiles that a convolution is best computed by; nil where that is directly.
  func tiles(for convolution: pf_convolution) -> pf_algorithm? {
    guard host.kernels.tiled_weights != nil, convolution.group_input_channels >= 16, convolution.group_output_channels >= 16 else { return nil }
    let estimate = AlgorithmEstimate(host.target)
    var best: pf_algorithm?
    var fewest = estimate.cycles(convolution, PF_DIRECT)
    let candidates: [5 of pf_algorithm] = [PF_WINOGRAD_2X2_3X3, PF_WINOGRAD_4X4_3X3, PF_WINOGRAD_6X6_3X3, PF_WINOGRAD_2X2_5X5, PF_WINOGRAD_4X4_5X5]
    for index in candidates.indices where AlgorithmEstimate.admits(candidates[index], convolution) {
      let cycles = estimate.cycles(convolution, candidates[index])
      if cycles < fewest { (best, fewest) = (candidates[index], cycles) }
    }
    return best
  }
}

extension Convolution {
  /// Transforms the input to scratch memory, multiplies there at each position, and transforms the products to the output.
  private func recordTiled(
    _ context: DeviceContext, _ image: DeviceTensor, _ weights: DeviceTensor, _ descriptor: pf_convolution, _ algorithm: pf_algorithm
  ) {
    let output = context.output, groups = Int(groups)
    let channels = Int(descriptor.group_input_channels), filters = Int(descriptor.group_output_channels)
    var window = descriptor.window
    let tiling = pf_tiling_of(algorithm, &window)
    let rows = (descriptor.output_height + tiling.output_height - 1) / tiling.output_height
    let columns = (descriptor.output_width + tiling.output_width - 1) / tiling.output_width
    let tiles = descriptor.tileCount(algorithm), positions = Int(tiling.positions)
    let (transformed, products) = context.recorder.pointee.scratch(floats: groups * positions * tiles * channels, groups * positions * tiles * filters)

    var winograd = pf_cl_winograd()
    winograd.images = descriptor.images
    (winograd.input_height, winograd.input_width) = (descriptor.input_height, descriptor.input_width)
    (winograd.output_height, winograd.output_width) = (descriptor.output_height, descriptor.output_width)
    (winograd.groups, winograd.channels, winograd.filters) = (Int32(groups), Int32(channels), Int32(filters))
    (winograd.pad_top, winograd.pad_left, winograd.tile_rows, winograd.tile_columns) = (window.pad_top, window.pad_left, rows, columns)
    (winograd.input, winograd.output) = (Int32(image.offset), Int32(output.offset))
    (winograd.residual, winograd.bias) = (Int32(context.input(3)?.offset ?? -1), Int32(context.input(2)?.offset ?? -1))
    (winograd.transformed, winograd.products) = (Int32(transformed), Int32(products))
    (winograd.input_stride, winograd.output_stride) = (Int32(image.pixelStride), Int32(output.pixelStride))
    winograd.residual_stride = Int32(context.input(3)?.pixelStride ?? 0)
    (winograd.low, winograd.high) = (clamp.low, clamp.high)

    func transform(_ name: StaticString, channels: Int) {
      let vector = context.recorder.pointee.isCPU ? 16 : 4
      var options = BuildOptions()
      options.define("POINTS", Int(tiling.input_height))
      options.define("OUTPUTS", Int(tiling.output_height))
      options.define("VECTOR", vector)
      context.recorder.pointee.launch(
        PF_CL_WINOGRAD, name, options, buffers: (context.arena, context.arena, context.constants, context.constants), winograd,
        global: ((channels + vector - 1) / vector, tiles, groups), local: Launch.anyLocal)
    }
    transform("transform_inputs", channels: channels)

    var product = pf_cl_convolution()
    (product.images, product.input_height, product.output_height) = (1, 1, 1)
    (product.input_width, product.output_width) = (Int32(tiles), Int32(tiles))
    (product.channels, product.filters, product.kernel_height, product.kernel_width) = (Int32(channels), Int32(filters), 1, 1)
    (product.stride_height, product.stride_width, product.dilation_height, product.dilation_width) = (1, 1, 1, 1)
    (product.input, product.output, product.residual, product.bias) = (Int32(transformed), Int32(products), -1, -1)
    (product.input_stride, product.output_stride) = (Int32(channels), Int32(filters))
    (product.input_step, product.output_step) = (Int32(tiles * channels), Int32(tiles * filters))
    product.weights_step = Int32(pf_panel_floats(channels, filters))
    (product.low, product.high) = (-.infinity, .infinity)
    var matrices = context.constants
    if let stored = storedWeights(context, algorithm) {
      product.weights = Int32(stored.offset)
    } else {
      matrices = transformedWeights(context, weights, descriptor, algorithm)
    }
    recordProduct(context, product, weights: matrices, isPointwise: true, batches: groups * positions, hasHalfWeights: false)
    transform("transform_outputs", channels: filters)
  }

  /// The weights as the file has them for this algorithm.
  private func storedWeights(_ context: DeviceContext, _ algorithm: pf_algorithm) -> DeviceTensor? {
    guard let node = try? context.plan.file.node(context.step.node), let stored = try? context.plan.storedAlgorithm(node), stored == algorithm
    else { return nil }
    return context.input(Convolution.transformedWeights)
  }

  private func transformedWeights(
    _ context: DeviceContext, _ weights: DeviceTensor, _ descriptor: pf_convolution, _ algorithm: pf_algorithm
  ) -> cl_mem? {
    guard let value = context.plan.operand(context.step, 1) else { return nil }
    let bytes = descriptor.tiledWeightFloats(algorithm) * MemoryLayout<Float>.size + Int(PF_PANEL_SLACK)
    return context.recorder.pointee.prepare(value, form: algorithm.rawValue, bytes: bytes) { contents in
      var descriptor = descriptor
      let panels = context.plan.file.bytes.base + 4 * weights.offset
      if context.step.hasHalfWeights {
        descriptor.half_weights = panels.assumingMemoryBound(to: UInt16.self)
      } else {
        descriptor.weights = panels.assumingMemoryBound(to: Float.self)
      }
      let kernels = context.recorder.pointee.host.kernels, transformed = contents.assumingMemoryBound(to: Float.self)
      for group in 0..<descriptor.groups {
        for panel in 0..<descriptor.panelCount { kernels.tiled_weights(&descriptor, algorithm, group, Int32(panel), transformed) }
      }
      memset(contents + (bytes - Int(PF_PANEL_SLACK)), 0, Int(PF_PANEL_SLACK))
    }
  }
}

// MARK: Depthwise

extension Convolution {
  private func recordDepthwise(_ context: DeviceContext, _ image: DeviceTensor, _ weights: DeviceTensor) {
    let output = context.output, filters = output.shape[3]
    let gathered = context.step.fusedGather >= 0 ? context.plan.shapes[context.plan.steps[Int(context.step.fusedGather)].output] : nil
    let descriptor = descriptor(image: gathered ?? image.shape, output: output.shape), window = descriptor.window
    var depthwise = pf_cl_depthwise()
    depthwise.images = descriptor.images
    (depthwise.input_height, depthwise.input_width) = (descriptor.input_height, descriptor.input_width)
    (depthwise.output_height, depthwise.output_width) = (descriptor.output_height, descriptor.output_width)
    (depthwise.filters, depthwise.multiplier) = (Int32(filters), descriptor.group_output_channels)
    (depthwise.kernel_height, depthwise.kernel_width) = (window.kernel_height, window.kernel_width)
    (depthwise.stride_height, depthwise.stride_width) = (window.stride_height, window.stride_width)
    (depthwise.dilation_height, depthwise.dilation_width) = (window.dilation_height, window.dilation_width)
    (depthwise.pad_top, depthwise.pad_left) = (window.pad_top, window.pad_left)
    (depthwise.input, depthwise.output, depthwise.weights) = (Int32(image.offset), Int32(output.offset), Int32(weights.offset))
    (depthwise.residual, depthwise.bias) = (Int32(context.input(3)?.offset ?? -1), Int32(context.input(2)?.offset ?? -1))
    (depthwise.places, depthwise.mixing) = (-1, -1)
    (depthwise.input_stride, depthwise.output_stride) = (Int32(image.pixelStride), Int32(output.pixelStride))
    depthwise.residual_stride = Int32(context.input(3)?.pixelStride ?? 0)
    (depthwise.low, depthwise.high) = (clamp.low, clamp.high)

    var options = BuildOptions()
    if gathered == nil && depthwise.multiplier == 1 {
      let vector = [16, 8, 4, 2, 1] as InlineArray<5, Int>
      var width = 1
      for index in vector.indices where width == 1 && vector[index] <= (context.recorder.pointee.isCPU ? 16 : 4) && vector[index] <= filters {
        width = vector[index]
      }
      let pixels = 4
      depthwise.zeros = Int32(context.recorder.pointee.zeros(floats: filters))
      options.define("VECTOR", width)
      options.define("PIXELS", pixels)
      context.recorder.pointee.launch(
        PF_CL_DEPTHWISE, "depthwise", options, buffers: (context.arena, context.arena, context.constants, context.constants), depthwise,
        global: ((filters + width - 1) / width, (Int(depthwise.output_width) + pixels - 1) / pixels, output.shape[0] * output.shape[1]),
        local: Launch.anyLocal)
      return
    }
    options.define("VECTOR", 1)
    let constants = mixture(context, image, groups: Int(groups), &depthwise)
    context.recorder.pointee.launch(
      PF_CL_DEPTHWISE, "depthwise_mixed", options, buffers: (context.arena, context.arena, context.constants, constants), depthwise,
      global: (filters, Int(depthwise.output_width), output.shape[0] * output.shape[1]), local: Launch.anyLocal)
  }

  /// The constants of a depthwise convolution that picks its channels, and mixes them, as it reads: places, what mixes, and the bias.
  private func mixture(_ context: DeviceContext, _ image: DeviceTensor, groups: Int, _ depthwise: inout pf_cl_depthwise) -> cl_mem? {
    guard let fused = context.fusedInputs, let value = context.plan.operand(context.step, 1) else { return context.constants }
    let inputs = image.shape[3], channels = fused.weights?.shape[0] ?? inputs
    let mixed = fused.weights == nil ? 0 : inputs * channels, filters = Int(depthwise.filters)
    depthwise.places = 0
    if mixed > 0 { depthwise.mixing = Int32(groups) }
    (depthwise.inputs, depthwise.channels) = (Int32(inputs), Int32(channels))
    let bias = context.input(2)
    if bias != nil { depthwise.bias = Int32(groups + mixed) }
    return context.recorder.pointee.prepare(value, form: DeviceRecorder.mixtureForm, bytes: 4 * (groups + mixed + filters)) { contents in
      _ = Mixture(fused, inputs: inputs, groups: groups, scratch: contents)
      let copy = contents + 4 * (groups + mixed)
      if let bias { copy.copyMemory(from: context.plan.file.bytes.base + 4 * bias.offset, byteCount: 4 * filters) } else { memset(copy, 0, 4 * filters) }
    }
  }
}

/// The part of a product of matrices that a work-item computes.
struct ProductTile {
  /// Floats of a vector; columns, which are some vectors; and pixels.
  let vector: Int, columns: Int, pixels: Int
  /// Work-items of a group.
  let items: Int

  static func suited(isCPU: Bool, columns: Int, pixels: Int) -> ProductTile {
    isCPU
      ? ProductTile(vector: 16, columns: columns > 16 ? 32 : 16, pixels: min(12, max(pixels, 1)), items: 1)
      : ProductTile(vector: 4, columns: 4, pixels: 8, items: 64)
  }

  var options: BuildOptions {
    var options = BuildOptions()
    options.define("VECTOR", vector)
    options.define("COLUMNS", columns)
    options.define("PIXELS", pixels)
    return options
  }

  func global(pixels: Int, columns: Int, batches: Int) -> (Int, Int, Int) {
    let panel = Int(PF_CL_PANEL)
    return ((pixels + self.pixels - 1) / self.pixels * (panel / self.columns), (columns + panel - 1) / panel, batches)
  }

  var local: (Int, Int, Int) { (items, 1, 1) }
}
