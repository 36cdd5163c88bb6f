import COpenCL
import CPrefactor
import CShims
import KernelContract
import PrefactorModelFormat
import PrefactorRuntime

extension Convolution {
  func record(_ context: DeviceContext) -> Bool {
    guard let image = context.tensor(0), let weights = context.tensor(1), !image.isConstant,
      !(context.tensor(3)?.isConstant ?? false)
    else { return false }
    if isDepthwise(weights.shape) {
      recordDepthwise(context, image, weights)
      return true
    }
    let descriptor = descriptor(image: image.shape, output: context.output.shape)
    if let algorithm = context.recorder.pointee.tiles(for: descriptor) {
      recordTransform(context, image, weights, descriptor, algorithm)
    } else {
      // Of a row of the window, which may be read in one go.
      let zeros = context.recorder.pointee.zeros(
        floats: Int(descriptor.group_input_channels * descriptor.window.kernel_width))
      recordProduct(
        context, product(context, descriptor, image, weights, zeros: zeros), weights: context.constants,
        isPointwise: isPointwise(image.shape))
    }
    return true
  }

  /// The product that computes a convolution directly.
  private func product(
    _ context: DeviceContext, _ descriptor: pf_convolution, _ image: DeviceTensor, _ weights: DeviceTensor, zeros: Int
  ) -> pf_cl_convolution {
    let output = context.output
    let window = descriptor.window
    let filters = Int(descriptor.group_output_channels)
    let depth = weights.shape.count / weights.shape[0]
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
    (product.weights, product.bias) = (Int32(weights.offset), Int32(context.tensor(2)?.offset ?? -1))
    product.residual = Int32(context.tensor(3)?.offset ?? -1)
    (product.input_stride, product.output_stride) = (Int32(image.pixelStride), Int32(output.pixelStride))
    product.residual_stride = Int32(context.tensor(3)?.pixelStride ?? 0)
    (product.input_step, product.output_step) = (product.channels, product.filters)
    (product.residual_step, product.bias_step) = (product.filters, product.filters)
    product.weights_step = Int32(pf_panel_floats(depth, filters))
    (product.low, product.high) = (clamp.low, clamp.high)
    return product
  }

  func recordProduct(
    _ context: DeviceContext, _ product: pf_cl_convolution, weights: cl_mem?, isPointwise: Bool, batches: Int? = nil,
    isOnScratch: Bool = false
  ) {
    let pixels = Int(product.images) * Int(product.output_height) * Int(product.output_width)
    let batches = batches ?? Int(groups)
    let memory = isOnScratch ? context.words : context.arena
    let buffers = (memory, memory, weights, context.constants)
    let hasHalfArithmetic = context.recorder.pointee.hasHalfArithmetic
    func options(_ tile: ProductTile) -> BuildOptions {
      var options = tile.options
      if isPointwise { options.define("POINTWISE", 1) }
      // What is on scratch memory is transformed, as its weights are.
      if context.step.weightsType == .float16 && !isOnScratch { options.define("HALF_WEIGHTS", 1) }
      if hasHalfArithmetic && !isOnScratch && tile.depth > 1 { options.define("HALF_ARITHMETIC", 1) }
      return options
    }
    func global(_ tile: ProductTile) -> (Int, Int, Int) {
      tile.global(pixels: pixels, columns: Int(product.filters), batches: batches)
    }
    let tile = context.recorder.pointee.tile(for: product, batches: batches, isOnScratch: isOnScratch) {
      tile, recorder in
      recorder.make(
        PF_CL_CONVOLUTION, "convolution", options(tile), buffers: buffers, product, global: global(tile),
        local: tile.local, isOnScratch: isOnScratch)
    }
    context.recorder.pointee.launch(
      PF_CL_CONVOLUTION, "convolution", options(tile), buffers: buffers, product, global: global(tile),
      local: tile.local, isOnScratch: isOnScratch)
  }
}
