import CPrefactor
import KernelContract
import PrefactorModelFormat

/// Depthwise convolutions that pick their channels, and mix them, as they read: what a monochromatic layer consists of.
extension Plan {
  /// Makes a gather of channels that only a depthwise convolution reads a part of that step, and so a plain convolution
  /// of 1×1 that only the gather reads. Each filter then computes for itself what it reads of a pixel; that is for few
  /// channels only.
  mutating func fuse(_ index: Int, _ chooser: AlgorithmChooser) {
    guard case .convolution(let convolution) = steps[index].operation, let weights = shape(index, 1),
      convolution.isDepthwise(weights),
      let gather = onlyProducer(index), case .gather(let attributes) = steps[gather].operation, attributes.axis == 3,
      let gathered = shapes[steps[gather].output], let source = shape(gather, 0),
      let output = shapes[steps[index].output]
    else { return }
    steps[index].fusedGather = Int32(gather)
    absorb(gather, into: index)
    var inputs = 0
    if let mixing = onlyProducer(gather), let mixed = channelsMixed(by: mixing),
      isWorthMixing(mixed, convolution.window)
    {
      steps[index].fusedMixing = Int32(mixing)
      inputs = mixed
      absorb(mixing, into: index)
    }
    var descriptor = convolution.descriptor(image: gathered, output: output)
    var mixture = Mixture.counts(inputs: inputs, channels: source[3])
    threadScratch = max(threadScratch, roundUp(chooser.kernels.pointee.depthwise_scratch(&descriptor, &mixture)))
    sharedScratch = max(sharedScratch, roundUp(Mixture.bytes(groups: gathered[3], inputs: inputs, channels: source[3])))
    extendSource(to: index)
  }

  /// The value that a step reads: the input of the first step that is part of it.
  package func input(_ step: Step, _ position: Int) -> Int? {
    guard position == 0, step.fusedGather >= 0 else { return operand(step, position) }
    return operand(steps[Int(step.fusedMixing >= 0 ? step.fusedMixing : step.fusedGather)], 0)
  }

  /// What the steps that are part of this one have besides its input, where `view` finds values.
  package func fusedInputs(of step: Step, _ view: (Int) -> TensorView?) -> FusedInputs? {
    guard step.fusedGather >= 0, let indices = operand(steps[Int(step.fusedGather)], 1) else { return nil }
    guard step.fusedMixing >= 0 else {
      return FusedInputs(indices: view(indices), weights: nil, weightsType: .float32)
    }
    let mixing = steps[Int(step.fusedMixing)]
    return FusedInputs(
      indices: view(indices), weights: operand(mixing, 1).flatMap { view($0) }, weightsType: mixing.weightsType)
  }

  private func shape(_ index: Int, _ position: Int) -> Shape? {
    position < steps[index].inputCount ? operand(steps[index], position).flatMap { shapes[$0] } : nil
  }

  /// The step that computes a step's first input, if nothing else reads that.
  private func onlyProducer(_ index: Int) -> Int? {
    guard let value = operand(steps[index], 0), storages[value].firstStep >= 0, !storages[value].isConstant,
      outputIndex(of: value) == nil
    else { return nil }
    return uses.readers[value] == 1 ? storages[value].firstStep : nil
  }

  /// The channels that a step mixes, if it does nothing else.
  private func channelsMixed(by index: Int) -> Int? {
    guard case .convolution(let convolution) = steps[index].operation, convolution.groups == 1,
      convolution.clamp.isNone,
      let image = shape(index, 0), let weights = shape(index, 1), convolution.isPointwise(image),
      !convolution.isDepthwise(weights),
      shape(index, 2) == nil, shape(index, 3) == nil
    else { return nil }
    return image[3]
  }

  /// A pixel of the input serves `taps / strides` of the filter's multiplies, and is mixed once for all of them: that
  /// should be a small part.
  private func isWorthMixing(_ channels: Int, _ window: Window) -> Bool {
    let strides = Int64(window.strideHeight) * Int64(window.strideWidth)
    return 2 * Double(channels) * Double(strides) <= Double(window.kernelHeight) * Double(window.kernelWidth)
  }

  private func absorb(_ part: Int, into index: Int) {
    steps[part].action = .fused
    storages[steps[part].output].bytes = 0
    let value = steps[part].output
    if let shape = shapes[value] { steps[index].bytes += steps[part].bytes - 2 * Int64(shape.bytes) }
    steps[index].multiplyAdds = steps[index].multiplyAdds.addingClamped(steps[part].multiplyAdds)
    steps[index].work = steps[index].work.addingClamped(steps[part].work)
    (steps[part].multiplyAdds, steps[part].work) = (0, 0)
  }

  /// What the first part reads is needed until the step itself.
  private func extendSource(to index: Int) {
    guard let source = input(steps[index], 0) else { return }
    storages[source].lastStep = max(storages[source].lastStep, index)
    storages[source].reservedTo = max(storages[source].reservedTo, index)
  }
}
