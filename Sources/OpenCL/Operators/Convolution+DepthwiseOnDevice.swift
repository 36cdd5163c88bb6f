import COpenCL
import CPrefactor
import CShims
import KernelContract
import PrefactorModelFormat
import PrefactorRuntime

extension Convolution {
  /// Of one input channel a group; with what mixes and picks channels before it, where that is part of the step.
  func recordDepthwise(_ context: DeviceContext, _ image: DeviceTensor, _ weights: DeviceTensor) {
    let gathered =
      context.step.fusedGather >= 0
      ? context.plan.shapes[context.plan.steps[Int(context.step.fusedGather)].output] : nil
    let descriptor = descriptor(image: gathered ?? image.shape, output: context.output.shape)
    var depthwise = arguments(context, descriptor, image, weights)
    if gathered == nil && depthwise.multiplier == 1 {
      recordPlain(context, &depthwise)
      return
    }
    let constants = mixture(context, image, &depthwise)
    if let layer = MonochromaticLayer(depthwise, context.recorder.pointee) {
      layer.record(context, image, constants)
    } else {
      var options = BuildOptions()
      options.define("VECTOR", 1)
      context.recorder.pointee.launch(
        PF_CL_DEPTHWISE, "depthwise_mixed", options,
        buffers: (context.arena, context.arena, context.constants, constants), depthwise,
        global: (Int(depthwise.filters), Int(depthwise.output_width), Int(depthwise.images * depthwise.output_height)),
        local: Launch.anyLocal)
    }
  }

  private func arguments(
    _ context: DeviceContext, _ descriptor: pf_convolution, _ image: DeviceTensor, _ weights: DeviceTensor
  ) -> pf_cl_depthwise {
    let window = descriptor.window
    let output = context.output
    var depthwise = pf_cl_depthwise()
    depthwise.images = descriptor.images
    (depthwise.input_height, depthwise.input_width) = (descriptor.input_height, descriptor.input_width)
    (depthwise.output_height, depthwise.output_width) = (descriptor.output_height, descriptor.output_width)
    (depthwise.filters, depthwise.multiplier) = (Int32(output.shape[3]), descriptor.group_output_channels)
    (depthwise.kernel_height, depthwise.kernel_width) = (window.kernel_height, window.kernel_width)
    (depthwise.stride_height, depthwise.stride_width) = (window.stride_height, window.stride_width)
    (depthwise.dilation_height, depthwise.dilation_width) = (window.dilation_height, window.dilation_width)
    (depthwise.pad_top, depthwise.pad_left) = (window.pad_top, window.pad_left)
    (depthwise.input, depthwise.output, depthwise.weights) = (
      Int32(image.offset), Int32(output.offset), Int32(weights.offset)
    )
    (depthwise.residual, depthwise.bias) = (
      Int32(context.tensor(3)?.offset ?? -1), Int32(context.tensor(2)?.offset ?? -1)
    )
    (depthwise.indices, depthwise.mixing) = (-1, -1)
    (depthwise.input_stride, depthwise.output_stride) = (Int32(image.pixelStride), Int32(output.pixelStride))
    depthwise.residual_stride = Int32(context.tensor(3)?.pixelStride ?? 0)
    (depthwise.low, depthwise.high) = (clamp.low, clamp.high)
    return depthwise
  }

  private func recordPlain(_ context: DeviceContext, _ depthwise: inout pf_cl_depthwise) {
    let filters = Int(depthwise.filters)
    let pixels = min(context.recorder.pointee.isCPU ? 14 : 4, Int(depthwise.output_width))
    let vector = context.recorder.pointee.vector(atMost: filters)
    depthwise.zeros = Int32(context.recorder.pointee.zeros(floats: filters))
    var options = BuildOptions()
    options.define("VECTOR", vector)
    options.define("PIXELS", pixels)
    context.recorder.pointee.launch(
      PF_CL_DEPTHWISE, "depthwise", options,
      buffers: (context.arena, context.arena, context.constants, context.constants), depthwise,
      global: (
        (filters + vector - 1) / vector, (Int(depthwise.output_width) + pixels - 1) / pixels,
        Int(depthwise.images * depthwise.output_height)
      ),
      local: Launch.anyLocal)
  }

  /// The constants of a step that picks its channels, and mixes them, as it reads: indices, what mixes, and the bias.
  private func mixture(_ context: DeviceContext, _ image: DeviceTensor, _ depthwise: inout pf_cl_depthwise) -> cl_mem? {
    guard let fused = context.fusedInputs else { return context.constants }
    let groups = Int(groups)
    let inputs = image.shape[3]
    let channels = fused.weights?.shape[0] ?? inputs
    // Vectors of what mixes may reach past it.
    let mixed = fused.weights == nil ? 0 : inputs * channels
    let slack = 16
    let filters = Int(depthwise.filters)
    depthwise.indices = 0
    if mixed > 0 { depthwise.mixing = Int32(groups) }
    (depthwise.inputs, depthwise.channels) = (Int32(inputs), Int32(channels))
    let bias = context.tensor(2)
    if bias != nil { depthwise.bias = Int32(groups + mixed + slack) }
    let bytes = 4 * (groups + mixed + slack + filters)
    // Weights may be those of other steps too, with other indices.
    return context.recorder.pointee.prepare(context.step.output, form: DeviceRecorder.mixtureForm, bytes: bytes) {
      contents in
      memset(contents, 0, bytes)
      _ = Mixture(fused, inputs: inputs, groups: groups, scratch: contents)
      if let bias {
        (contents + 4 * (groups + mixed + slack)).copyMemory(
          from: context.plan.file.bytes.base + 4 * bias.offset, byteCount: 4 * filters)
      }
    }
  }
}

/// A layer whose filters each read one of a few colors, which are mixed from the input's channels first.
private struct MonochromaticLayer {
  private let depthwise: pf_cl_depthwise
  private let colorStride: Int
  private let vector: Int
  private let pixels: Int

  /// Nil where there are too many colors for a vector, or the window is too large to be unrolled.
  init?(_ depthwise: pf_cl_depthwise, _ recorder: DeviceRecorder) {
    guard depthwise.indices >= 0, depthwise.multiplier == 1, depthwise.channels <= 16, depthwise.kernel_width <= 11,
      depthwise.kernel_width > 1,
      depthwise.dilation_height == 1, depthwise.dilation_width == 1, depthwise.filters >= 16
    else { return nil }
    self.depthwise = depthwise
    colorStride = depthwise.channels <= 4 ? 4 : depthwise.channels <= 8 ? 8 : 16
    // Only x86 permutes a vector as its lanes say in one instruction.
    let widest = recorder.isCPU ? recorder.host.target.lanes : 1
    vector = widest >= max(8, Int(depthwise.channels)) ? widest : 1
    pixels = recorder.isCPU ? 16 : 8
  }

  func record(_ context: DeviceContext, _ image: DeviceTensor, _ constants: cl_mem?) {
    let kernel = Int(depthwise.kernel_width)
    let stride = Int(depthwise.stride_width)
    let outputWidth = Int(depthwise.output_width)
    let width = max(
      (outputWidth + pixels - 1) / pixels * pixels * stride - stride + kernel, Int(depthwise.pad_left) + image.shape[2])
    let scratch = context.recorder.pointee.scratch(floats: image.shape[0] * image.shape[1] * width * colorStride + 16)
    var options = BuildOptions()
    options.define("COLOR_STRIDE", colorStride)
    options.define("VECTOR", vector)
    options.define("PIXELS", pixels)
    options.define("KERNEL_HEIGHT", Int(depthwise.kernel_height))
    options.define("KERNEL_WIDTH", kernel)
    options.define("STRIDE_HEIGHT", Int(depthwise.stride_height))
    options.define("STRIDE_WIDTH", stride)
    context.recorder.pointee.launch(
      PF_CL_MONOCHROMATIC, "mix_image", options, buffers: (context.arena, context.words, context.constants, constants),
      pf_cl_mixing(
        height: depthwise.input_height, width: depthwise.input_width, channels: depthwise.inputs,
        colors: depthwise.channels, left: depthwise.pad_left,
        padded_width: Int32(width), input: depthwise.input, output: Int32(scratch), mixing: depthwise.mixing,
        image_step: Int32(image.step(0)),
        row_step: Int32(image.step(1)), pixel_step: Int32(image.pixelStride), channel_step: 1),
      global: (width, image.shape[1], image.shape[0]),
      local: Launch.anyLocal)
    context.recorder.pointee.launch(
      PF_CL_MONOCHROMATIC, "monochromatic", options,
      buffers: (context.words, context.arena, context.constants, constants),
      pf_cl_monochromatic(
        images: depthwise.images, input_height: depthwise.input_height, padded_width: Int32(width),
        output_height: depthwise.output_height,
        output_width: depthwise.output_width, filters: depthwise.filters, pad_top: depthwise.pad_top,
        input: Int32(scratch), output: depthwise.output,
        residual: depthwise.residual, weights: depthwise.weights, bias: depthwise.bias, indices: depthwise.indices,
        output_stride: depthwise.output_stride, residual_stride: depthwise.residual_stride, low: depthwise.low,
        high: depthwise.high),
      global: (
        (Int(depthwise.filters) + vector - 1) / vector, (outputWidth + pixels - 1) / pixels,
        Int(depthwise.images * depthwise.output_height)
      ),
      local: Launch.anyLocal)
  }
}
