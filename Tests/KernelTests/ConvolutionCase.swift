import KernelContract

/// A convolution with its buffers: random input and weights, rows of the input and the output longer than their
/// channels where asked.
struct ConvolutionCase: CustomStringConvertible {
  var images = 1
  var height = 9, width = 7
  var kernel = (height: 1, width: 1), stride = (height: 1, width: 1), dilation = (height: 1, width: 1)
  var pad = (top: 0, left: 0, bottom: 0, right: 0)
  var inputs = 1, outputs = 1, groups = 1
  var isDepthwise = false
  /// Channels among which each group of a depthwise convolution has a random one, and of how many of the input's each
  /// is a sum; 0 where groups have their own, and where they are the input's.
  var channels = 0, mixedInputs = 0
  var inputGap = 0, outputGap = 0
  var bias = true, residual = false
  var low = -Float.infinity, high = Float.infinity

  var outputHeight: Int {
    (height + pad.top + pad.bottom - dilation.height * (kernel.height - 1) - 1) / stride.height + 1
  }
  var outputWidth: Int { (width + pad.left + pad.right - dilation.width * (kernel.width - 1) - 1) / stride.width + 1 }
  var pixels: Int { images * outputHeight * outputWidth }
  var depth: Int { kernel.height * kernel.width * inputs }
  var panels: Int { (outputs + Int(PF_PANEL_WIDTH) - 1) / Int(PF_PANEL_WIDTH) }
  var inputChannels: Int { mixedInputs > 0 ? mixedInputs : channels > 0 ? channels : groups * inputs }
  var outputStride: Int { groups * outputs + outputGap }

  var description: String {
    """
    \(images)×\(height)×\(width)×\(inputs)→\(outputs)×\(groups) kernel \(kernel) stride \(stride) dilation \
    \(dilation) pad \(pad) gaps \(inputGap) \(outputGap) residual \(residual)
    """
      + (channels > 0 ? " of \(channels) channels, mixing \(mixedInputs)" : "")
  }
}

final class ConvolutionFixture {
  let shape: ConvolutionCase
  let input, weights, bias, residual, mixingWeights: Buffer
  private let indices: UnsafeMutablePointer<Int32>
  /// The weights, which are numbers that half precision has, as such.
  let halfWeights: HalfBuffer

  init(_ shape: ConvolutionCase) {
    self.shape = shape
    var random = Random(seed: UInt64(shape.depth * 31 + shape.outputs))
    let channels = shape.inputChannels + shape.inputGap
    // Up to the last channel of the last pixel and no further.
    input = Buffer(count: shape.images * shape.height * shape.width * channels - shape.inputGap, random: &random)
    let weightCount =
      shape.isDepthwise
      ? shape.depth * shape.groups * shape.outputs : pf_panel_floats(shape.depth, shape.outputs) * shape.groups
    let slack = shape.isDepthwise ? 0 : Int(PF_PANEL_SLACK) / 4
    weights = Buffer(count: weightCount + slack, random: &random)
    for i in weightCount..<weightCount + slack { weights.floats[i] = .nan }
    halfWeights = HalfBuffer(rounding: weights)
    bias = Buffer(count: shape.groups * shape.outputs, random: &random)
    residual = Buffer(count: shape.pixels * shape.outputStride - shape.outputGap, random: &random)
    mixingWeights = Buffer(count: shape.mixedInputs * shape.channels, random: &random)
    indices = .allocate(capacity: shape.groups)
    for group in 0..<shape.groups { indices[group] = Int32(Float(shape.channels) * abs(random.next()) * 0.999) }
  }

  deinit { indices.deallocate() }

  private var mixture: pf_mixture {
    var mixture = pf_mixture()
    mixture.indices = UnsafePointer(indices)
    mixture.weights = shape.mixedInputs > 0 ? UnsafePointer(mixingWeights.pointer) : nil
    (mixture.inputs, mixture.channels) = (Int32(shape.mixedInputs), Int32(shape.channels))
    return mixture
  }

  func output() -> Buffer { Buffer(count: shape.pixels * shape.outputStride - shape.outputGap, repeating: .nan) }

  func layer(output: Buffer, halfWeights usesHalves: Bool = false) -> pf_convolution {
    var layer = pf_convolution()
    layer.window = pf_window(
      kernel_height: Int32(shape.kernel.height), kernel_width: Int32(shape.kernel.width),
      stride_height: Int32(shape.stride.height), stride_width: Int32(shape.stride.width),
      dilation_height: Int32(shape.dilation.height), dilation_width: Int32(shape.dilation.width),
      pad_top: Int32(shape.pad.top), pad_left: Int32(shape.pad.left))
    layer.images = Int32(shape.images)
    layer.input_height = Int32(shape.height)
    layer.input_width = Int32(shape.width)
    layer.output_height = Int32(shape.outputHeight)
    layer.output_width = Int32(shape.outputWidth)
    layer.group_input_channels = Int32(shape.inputs)
    layer.group_output_channels = Int32(shape.outputs)
    layer.groups = Int32(shape.groups)
    layer.input_stride = Int64(shape.inputChannels + shape.inputGap)
    layer.output_stride = Int64(shape.outputStride)
    layer.residual_stride = Int64(shape.outputStride)
    layer.input = UnsafePointer(input.pointer)
    if usesHalves {
      layer.weights = pf_weights(halves: halfWeights.pointer)
    } else {
      layer.weights = pf_weights(floats: weights.pointer)
    }
    layer.bias = shape.bias ? UnsafePointer(bias.pointer) : nil
    layer.residual = shape.residual ? UnsafePointer(residual.pointer) : nil
    layer.output = output.pointer
    layer.low = shape.low
    layer.high = shape.high
    return layer
  }

  /// Runs every block, of at most `pixels` pixels and `panels` panels.
  func convolve(_ kernels: Kernels, pixels: Int = .max, panels: Int = .max, halfWeights: Bool = false) -> Buffer {
    let output = output()
    var layer = layer(output: output, halfWeights: halfWeights)
    let scratch = Buffer(count: kernels.table.convolution_scratch(&layer) / 4)
    let blockPixels = min(pixels, Int(kernels.table.convolution_block_pixels(&layer)))
    let blockPanels = min(panels, shape.panels)
    for group in 0..<shape.groups {
      for pixel in stride(from: 0, to: shape.pixels, by: blockPixels) {
        for panel in stride(from: 0, to: shape.panels, by: blockPanels) {
          var block = pf_block(
            group: Int32(group), first_pixel: Int32(pixel), pixels: Int32(min(blockPixels, shape.pixels - pixel)),
            first_panel: Int32(panel), panels: Int32(min(blockPanels, shape.panels - panel)))
          kernels.table.convolution(&layer, &block, scratch.pointer)
        }
      }
    }
    return output
  }

  func depthwise(_ kernels: Kernels, rows: Int = .max) -> Buffer {
    let output = output()
    var layer = layer(output: output)
    let rows = min(rows, shape.outputHeight)
    func compute(_ mixture: UnsafePointer<pf_mixture>?) {
      let scratch = Buffer(count: kernels.table.depthwise_scratch(&layer, mixture) / 4)
      for row in stride(from: 0, to: shape.outputHeight, by: rows) {
        kernels.table.depthwise(
          &layer, mixture, Int32(row), Int32(min(rows, shape.outputHeight - row)), scratch.pointer)
      }
    }
    if shape.channels > 0 { withUnsafePointer(to: mixture) { compute($0) } } else { compute(nil) }
    return output
  }

  /// For each output the sum of the magnitudes that its sum adds up: what an error of rounding is relative to.
  func magnitudes(_ run: (ConvolutionFixture) -> Buffer) -> Buffer {
    var unclamped = shape
    unclamped.low = -.infinity
    unclamped.high = .infinity
    let positive = ConvolutionFixture(unclamped)
    for buffer in [positive.input, positive.weights, positive.bias, positive.residual, positive.mixingWeights] {
      for i in buffer.floats.indices { buffer.floats[i] = abs(buffer.floats[i]) }
    }
    return run(positive)
  }
}
