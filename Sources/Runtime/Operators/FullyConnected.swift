import CPrefactor
import KernelContract
import PrefactorModelFormat

extension FullyConnected {
  func outputShape(_ inputs: InputShapes) throws(Failure) -> Shape {
    let input = try inputs.operand(0, minimumRank: 1)
    let weights = try inputs.operand(1, minimumRank: 2)
    let depth = input[input.rank - 1]
    guard weights.rank == 2, weights[1] == depth else {
      throw Failure(PF_ERROR_SHAPE, "the weights do not fit # values", depth)
    }
    try inputs.checkBias(2, channels: weights[0])
    var output = input
    output[input.rank - 1] = weights[0]
    return output
  }

  func multiplyAdds(_ inputs: InputShapes, output: Shape) -> Int64 {
    guard let weights = inputs[1] else { return 0 }
    return Int64(output.count) * Int64(weights[1])
  }

  func needs(_ inputs: InputShapes, output: Shape, _ kernels: UnsafePointer<pf_kernels>) -> OperatorNeeds {
    guard let weights = inputs[1] else { return OperatorNeeds() }
    var convolution = descriptor(weights: weights, output: output)
    return OperatorNeeds(perThread: Int64(kernels.pointee.convolution_scratch(&convolution)))
  }

  func run(_ context: StepContext) {
    guard let input = context.input(0), let weights = context.input(1) else { return }
    var convolution = descriptor(weights: weights.shape, output: context.output.shape)
    convolution.input = UnsafePointer(input.floats)
    convolution.weights = pf_weights(weights.base, as: context.weightsType)
    convolution.bias = UnsafePointer(context.input(2)?.floats)
    convolution.output = context.output.floats
    convolution.input_stride = Int64(input.pixelStride)
    convolution.output_stride = Int64(context.output.pixelStride)
    ConvolutionWork(context, convolution).run()
  }

  private func descriptor(weights: Shape, output: Shape) -> pf_convolution {
    var convolution = pf_convolution(productOf: output.count / weights[0], depth: weights[1], columns: weights[0])
    convolution.low = clamp.low
    convolution.high = clamp.high
    return convolution
  }
}

extension pf_convolution {
  /// The product of a [rows, depth] and a [depth, columns] matrix as a 1×1 convolution, without its tensors.
  init(productOf rows: Int, depth: Int, columns: Int) {
    self.init()
    window = pf_window(
      kernel_height: 1, kernel_width: 1, stride_height: 1, stride_width: 1, dilation_height: 1, dilation_width: 1,
      pad_top: 0,
      pad_left: 0)
    images = 1
    input_height = 1
    input_width = Int32(rows)
    output_height = 1
    output_width = Int32(rows)
    groups = 1
    group_input_channels = Int32(depth)
    group_output_channels = Int32(columns)
    input_stride = Int64(depth)
    output_stride = Int64(columns)
    low = -.infinity
    high = .infinity
  }
}
