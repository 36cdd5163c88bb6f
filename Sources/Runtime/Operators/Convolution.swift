import CPrefactor
import KernelContract
import PrefactorModelFormat

extension Convolution {
  /// The input that the weights may be once more, transformed for the algorithm that suits the processor the file was
  /// made for.
  public static let transformedWeights = 4

  func outputShape(_ inputs: InputShapes) throws(Failure) -> Shape {
    let image = try inputs.image()
    let weights = try inputs.operand(1, minimumRank: 4)
    let channels = image[3]
    let filters = weights[0]
    try window.check()
    guard groups >= 1, channels % Int(groups) == 0, filters % Int(groups) == 0 else {
      throw Failure(PF_ERROR_BAD_MODEL, "# input and # output channels do not fall into its groups", channels, filters)
    }
    guard weights.rank == 4, weights[1] == window.kernelHeight, weights[2] == window.kernelWidth,
      weights[3] == channels / Int(groups)
    else {
      throw Failure(PF_ERROR_SHAPE, "the weights do not fit the kernel and the image's # channels", channels)
    }
    try inputs.checkBias(2, channels: filters)
    if inputs[Convolution.transformedWeights] != nil {
      guard try inputs.floats(Convolution.transformedWeights) == weights else {
        throw Failure(PF_ERROR_BAD_MODEL, "the transformed weights are not those of the weights")
      }
    }
    let output = try window.geometry(over: image).outputShape(batch: image[0], channels: filters)
    if inputs[3] != nil {
      guard try inputs.floats(3) == output else {
        throw Failure(PF_ERROR_SHAPE, "the residual does not have the output's shape")
      }
    }
    return output
  }

  func multiplyAdds(_ inputs: InputShapes, output: Shape) -> Int64 {
    guard let weights = inputs[1] else { return 0 }
    return Int64(output.count) * Int64(weights.count / weights[0])
  }

  func weightsLayout(_ inputs: InputShapes) -> ConstantLayout {
    if let weights = inputs[1], isDepthwise(weights) { return .tapsFirst }
    return .panels(groups: Int(groups))
  }

  /// Of one input channel a group, unless that is the only one.
  package func isDepthwise(_ weights: Shape) -> Bool {
    weights.rank == 4 && weights[3] == 1 && (groups > 1 || weights[0] == 1)
  }

  func needs(_ inputs: InputShapes, output: Shape, _ chooser: AlgorithmChooser) -> OperatorNeeds {
    guard let image = inputs[0], let weights = inputs[1] else { return OperatorNeeds() }
    var convolution = descriptor(image: image, output: output)
    if isDepthwise(weights) {
      return OperatorNeeds(perThread: Int64(chooser.kernels.pointee.depthwise_scratch(&convolution, nil)))
    }
    let (algorithm, mergedGroups) = chooser.way(for: convolution)
    var plain = convolution
    convolution = convolution.merging(mergedGroups)
    let isMerged = mergedGroups > 1
    let isTransformed = algorithm != PF_DIRECT
    let panels = OperatorNeeds.panelBytes(convolution.weightFloats)
    guard isTransformed else {
      return OperatorNeeds(
        perThread: Int64(
          max(
            chooser.kernels.pointee.convolution_scratch(&convolution),
            chooser.kernels.pointee.convolution_scratch(&plain))),
        prepared: isMerged ? panels : 0, mergedGroups: mergedGroups)
    }
    let isStored = chooser.stored == algorithm && !isMerged
    return OperatorNeeds(
      shared: isMerged ? panels : 0,
      perThread: TransformWork.scratch(convolution, plain: plain, algorithm, chooser.kernels),
      prepared: isStored ? 0 : OperatorNeeds.panelBytes(convolution.transformedWeightFloats(algorithm)),
      algorithm: algorithm,
      mergedGroups: mergedGroups)
  }

  /// Merges groups of the weights, and transforms them.
  func prepare(_ context: StepContext) {
    guard let image = context.input(0), let weights = context.input(1),
      let prepared = context.prepared?.assumingMemoryBound(to: Float.self)
    else { return }
    var convolution = descriptor(image: image.shape, output: context.output.shape)
    convolution.weights = pf_weights(weights.base, as: context.weightsType)
    if context.mergedGroups > 1 {
      let merged = context.algorithm == PF_DIRECT ? prepared : context.sharedScratch.assumingMemoryBound(to: Float.self)
      MergedWeightsWork(context, convolution, merged: merged).run()
      convolution = convolution.merging(context.mergedGroups)
      convolution.weights = pf_weights(floats: merged)
    }
    if context.algorithm != PF_DIRECT { TransformWeightsWork(context, convolution, transformed: prepared).run() }
  }

  /// The algorithm of the fastest way on a target, by the estimate, if that takes the groups as they are; nil where it
  /// is the direct one.
  public func fastestAlgorithm(_ inputs: InputShapes, output: Shape, _ target: Target) -> ConvolutionAlgorithm? {
    guard let image = inputs[0], let weights = inputs[1], !isDepthwise(weights) else { return nil }
    let way = AlgorithmEstimate(target).fastest(for: descriptor(image: image, output: output))
    return way.mergedGroups == 1 ? ConvolutionAlgorithm(way.algorithm) : nil
  }

  /// How many floats the weights are when transformed for an algorithm that applies.
  public func transformedWeightFloats(_ inputs: InputShapes, output: Shape, _ algorithm: ConvolutionAlgorithm) -> Int {
    inputs[0].map { Int(descriptor(image: $0, output: output).transformedWeightFloats(algorithm.kernel)) } ?? 0
  }

  /// Transforms weights that lie in panels, with any instruction set: all have one layout.
  public func transform(
    _ panels: UnsafePointer<Float>, _ inputs: InputShapes, output: Shape, _ algorithm: ConvolutionAlgorithm,
    _ kernels: KernelSet,
    to transformed: UnsafeMutablePointer<Float>
  ) {
    guard let image = inputs[0] else { return }
    var convolution = descriptor(image: image, output: output)
    convolution.weights = pf_weights(floats: panels)
    let kernels = kernels.kernels
    for group in 0..<convolution.groups {
      for panel in 0..<convolution.panelCount {
        kernels.transform_weights(&convolution, algorithm.kernel, group, Int32(panel), transformed)
      }
    }
  }

  func run(_ context: StepContext) {
    guard let image = context.input(0), let weights = context.input(1) else { return }
    var convolution = descriptor(image: image.shape, output: context.output.shape)
    if let rows = context.rows { convolution.restrict(to: rows, from: inputRows(rows, of: image.shape)) }
    convolution.input = UnsafePointer(image.floats)
    convolution.weights = pf_weights(weights.base, as: context.weightsType)
    convolution.bias = UnsafePointer(context.input(2)?.floats)
    convolution.residual = UnsafePointer(context.input(3)?.floats)
    convolution.output = context.output.floats
    convolution.input_stride = Int64(image.pixelStride)
    convolution.output_stride = Int64(context.output.pixelStride)
    convolution.residual_stride = Int64(context.input(3)?.pixelStride ?? 0)
    if isDepthwise(weights.shape) {
      convolution.group_input_channels = 1
      return DepthwiseWork(context, convolution).run()
    }
    let plain = PlainConvolution(context, convolution)
    convolution = convolution.merging(context.mergedGroups)
    let isTransformed = context.algorithm != PF_DIRECT
    if let prepared = context.prepared ?? (isTransformed ? context.input(Convolution.transformedWeights)?.base : nil) {
      convolution.weights = pf_weights(floats: prepared.assumingMemoryBound(to: Float.self))
    }
    if isTransformed {
      TransformWork(context, convolution, plain: plain).run()
    } else {
      ConvolutionWork(context, convolution, plain: context.mergedGroups > 1 ? plain : nil).run()
    }
  }

  /// Each output pixel comes from one input pixel, in the same order.
  package func isPointwise(_ image: Shape) -> Bool {
    let geometry = window.geometry(over: image)
    return window.kernelHeight == 1 && window.kernelWidth == 1 && window.strideHeight == 1 && window.strideWidth == 1
      && geometry.height.count == image[1] && geometry.width.count == image[2] && geometry.height.padBefore == 0
      && geometry.width.padBefore == 0
  }

  /// The convolution of all images, without its tensors; a pointwise one takes them as one tall image.
  package func descriptor(image: Shape, output: Shape) -> pf_convolution {
    var convolution = pf_convolution()
    let tallImages = Int32(isPointwise(image) ? image[0] : 1)
    convolution.window = window.kernelWindow(window.geometry(over: image))
    convolution.images = Int32(image[0]) / tallImages
    convolution.input_height = Int32(image[1]) * tallImages
    convolution.input_width = Int32(image[2])
    convolution.output_height = Int32(output[1]) * tallImages
    convolution.output_width = Int32(output[2])
    convolution.groups = groups
    convolution.group_input_channels = Int32(image[3]) / groups
    convolution.group_output_channels = Int32(output[3]) / groups
    convolution.input_stride = Int64(image[3])
    convolution.output_stride = Int64(output[3])
    convolution.residual_stride = Int64(output[3])
    convolution.low = clamp.low
    convolution.high = clamp.high
    return convolution
  }
}

extension pf_weights {
  /// Those that are stored as numbers of a type.
  package init(_ base: UnsafeRawPointer, as type: ElementType) {
    self =
      type == .float16
      ? pf_weights(halves: base.assumingMemoryBound(to: UInt16.self))
      : pf_weights(floats: base.assumingMemoryBound(to: Float.self))
  }

  subscript(index: Int) -> Float { type == PF_WEIGHTS_FLOAT16 ? pf_widen(halves[index]) : floats[index] }
}
