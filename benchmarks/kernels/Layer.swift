import KernelContract

/// A convolution as networks have them: square, of as many pixels as it takes the padding to give.
struct Layer {
  var size: Int
  var inputs, outputs: Int
  var kernel = 1, stride = 1, groups = 1
  var images = 1
  /// How often it occurs in its network.
  var count = 1

  var pad: Int { (kernel - 1) / 2 }
  var outputSize: Int { (size + 2 * pad - kernel) / stride + 1 }
  var pixels: Int { images * outputSize * outputSize }
  var depth: Int { kernel * kernel * inputs / groups }
  var operations: Double { 2 * Double(pixels) * Double(depth) * Double(outputs) }

  var name: String {
    (images > 1 ? "\(images) × " : "") + "\(size)² \(inputs)→\(outputs) \(kernel)×\(kernel)"
      + (stride > 1 ? "/\(stride)" : "")
      + (groups > 1 ? " in \(groups)" : "")
  }

  /// Without its tensors.
  var descriptor: pf_convolution {
    var convolution = pf_convolution()
    let kernel = Int32(kernel)
    let stride = Int32(stride)
    let pad = Int32(pad)
    convolution.window = pf_window(
      kernel_height: kernel, kernel_width: kernel, stride_height: stride, stride_width: stride, dilation_height: 1,
      dilation_width: 1,
      pad_top: pad, pad_left: pad)
    convolution.images = Int32(images)
    convolution.input_height = Int32(size)
    convolution.input_width = Int32(size)
    convolution.output_height = Int32(outputSize)
    convolution.output_width = Int32(outputSize)
    convolution.group_input_channels = Int32(inputs / groups)
    convolution.group_output_channels = Int32(outputs / groups)
    convolution.groups = Int32(groups)
    convolution.input_stride = Int64(inputs)
    convolution.output_stride = Int64(outputs)
    convolution.residual_stride = Int64(outputs)
    convolution.low = 0
    convolution.high = .infinity
    return convolution
  }

  /// Those of a network at 224 × 224, each distinct one once.
  static let resNet50 = [
    Layer(size: 224, inputs: 3, outputs: 64, kernel: 7, stride: 2),
    Layer(size: 56, inputs: 64, outputs: 64),
    Layer(size: 56, inputs: 64, outputs: 64, kernel: 3, count: 3),
    Layer(size: 56, inputs: 64, outputs: 256, count: 4),
    Layer(size: 56, inputs: 256, outputs: 64, count: 2),
    Layer(size: 56, inputs: 256, outputs: 512, stride: 2),
    Layer(size: 56, inputs: 256, outputs: 128),
    Layer(size: 56, inputs: 128, outputs: 128, kernel: 3, stride: 2),
    Layer(size: 28, inputs: 128, outputs: 512, count: 4),
    Layer(size: 28, inputs: 512, outputs: 128, count: 3),
    Layer(size: 28, inputs: 128, outputs: 128, kernel: 3, count: 3),
    Layer(size: 28, inputs: 512, outputs: 1024, stride: 2),
    Layer(size: 28, inputs: 512, outputs: 256),
    Layer(size: 28, inputs: 256, outputs: 256, kernel: 3, stride: 2),
    Layer(size: 14, inputs: 256, outputs: 1024, count: 6),
    Layer(size: 14, inputs: 1024, outputs: 256, count: 5),
    Layer(size: 14, inputs: 256, outputs: 256, kernel: 3, count: 5),
    Layer(size: 14, inputs: 1024, outputs: 2048, stride: 2),
    Layer(size: 14, inputs: 1024, outputs: 512),
    Layer(size: 14, inputs: 512, outputs: 512, kernel: 3, stride: 2),
    Layer(size: 7, inputs: 512, outputs: 2048, count: 3),
    Layer(size: 7, inputs: 2048, outputs: 512, count: 2),
    Layer(size: 7, inputs: 512, outputs: 512, kernel: 3, count: 2),
  ]

  static let vgg19 = [
    Layer(size: 224, inputs: 3, outputs: 64, kernel: 3),
    Layer(size: 224, inputs: 64, outputs: 64, kernel: 3),
    Layer(size: 112, inputs: 64, outputs: 128, kernel: 3),
    Layer(size: 112, inputs: 128, outputs: 128, kernel: 3),
    Layer(size: 56, inputs: 128, outputs: 256, kernel: 3),
    Layer(size: 56, inputs: 256, outputs: 256, kernel: 3, count: 3),
    Layer(size: 28, inputs: 256, outputs: 512, kernel: 3),
    Layer(size: 28, inputs: 512, outputs: 512, kernel: 3, count: 3),
    Layer(size: 14, inputs: 512, outputs: 512, kernel: 3, count: 4),
  ]

  /// First layers, groups and batches of other networks.
  static let others = [
    Layer(size: 227, inputs: 3, outputs: 96, kernel: 11, stride: 4),
    Layer(size: 224, inputs: 3, outputs: 32, kernel: 3, stride: 2),
    Layer(size: 56, inputs: 128, outputs: 128, kernel: 3, groups: 32),
    Layer(size: 14, inputs: 512, outputs: 512, kernel: 3, groups: 32),
    Layer(size: 28, inputs: 240, outputs: 240, groups: 3),
    Layer(size: 56, inputs: 24, outputs: 144),
    Layer(size: 112, inputs: 96, outputs: 24),
    Layer(size: 7, inputs: 2048, outputs: 512, images: 16),
    Layer(size: 7, inputs: 512, outputs: 2048, images: 16),
    Layer(size: 7, inputs: 512, outputs: 512, kernel: 3, images: 16),
  ]
}
