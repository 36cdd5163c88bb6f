import CPrefactor
import KernelContract
import PrefactorModelFormat

/// What each step computes, in the order of the file.
extension Plan {
  func setInputsAndConstants(_ options: SessionOptions) throws(Failure) {
    for index in 0..<file.count(.inputs) {
      let value = file.number(.inputs, index)
      let shape = try inputShape(index, options)
      define(value, shape)
      // The host has a device's inputs and outputs between runs, each by itself.
      storages[value] = Storage(
        bytes: shape.bytes, firstStep: -1, lastStep: options.backend.plansForHost ? Int(uses.last[value]) : stepCount)
      storages[value].isReadOnly = true
    }
    for value in 0..<valueCount {
      let constant = try file.value(value)
      guard let contents = constant.contents else { continue }
      define(value, constant.shape)
      storages[value].isReadOnly = true
      storages[value].contents = contents.base
    }
  }

  private func define(_ value: Int, _ shape: Shape) {
    shapes[value] = shape
    places[value] = Place(own: value, shape)
  }

  mutating func planStep(_ index: Int, _ chooser: AlgorithmChooser, _ options: SessionOptions) throws(Failure) {
    do throws(Failure) {
      let node = try file.node(index)
      let firstBinding = nextBinding
      let operation = try takeBindings(of: index, node.operation)
      var step = Step(
        operation: operation.ofSingleImage(of: options.imagesTakenApart), node: index, firstInput: node.firstInput,
        inputCount: node.inputCount, output: node.output,
        bindings: firstBinding..<nextBinding)
      for position in 0..<step.inputCount {
        operandShapes[step.firstInput + position] = file.operand(node, position).flatMap { shapes[$0] }
      }
      let inputs = inputShapes(step)
      let output = try step.operation.outputShape(inputs)
      try checkConstants(&step, node, inputs)
      define(step.output, output)
      storages[step.output] = Storage(
        bytes: output.bytes, firstStep: index, lastStep: max(index, Int(uses.last[step.output])))
      for position in 0..<step.inputCount {
        guard let value = file.operand(node, position) else { continue }
        if !step.operation.readsPixelStride(input: position, inputs, output: output) { uses.needsDense[value] = true }
      }
      step.multiplyAdds = step.operation.multiplyAdds(inputs, output: output)
      step.work = step.operation.work(inputs, output: output)
      var chooser = chooser
      chooser.stored = try storedAlgorithm(node)
      let needs = step.operation.needs(inputs, output: output, chooser)
      let (shared, perThread, prepared) = try needs.checked()
      sharedScratch = max(sharedScratch, roundUp(shared))
      threadScratch = max(threadScratch, roundUp(perThread))
      step.scratchBytes = Int64(shared) + Int64(perThread) * Int64(options.threads)
      step.algorithm = needs.algorithm
      step.mergedGroups = needs.mergedGroups
      step.preparedOffset = preparedBytes
      step.preparedBytes = prepared
      preparedBytes += roundUp(prepared)
      guard preparedBytes <= Int.max / 2 else {
        throw Failure(PF_ERROR_OUT_OF_MEMORY, "the weights in the form that suits it do not fit the address space")
      }
      step.bytes = try bytesMoved(by: step, node, output: output)
      steps[index] = step
    } catch {
      throw error.at(node: index)
    }
  }

  /// The operation with the attribute words that sizes are computed for.
  private mutating func takeBindings(of node: Int, _ operation: Operation) throws(Failure) -> Operation {
    var operation = operation
    while nextBinding < file.count(.bindings) {
      let (owner, binding) = file.binding(nextBinding)
      if owner != node { break }
      operation = try operation.binding(word: binding.word, to: sizes.values[binding.expression])
      nextBinding += 1
    }
    return operation
  }

  /// Images are loaded between runs, in the scratch of the steps.
  mutating func reserveImageScratch(_ kernels: UnsafePointer<pf_kernels>) {
    guard file.count(.preprocessing) > 0 else { return }
    for index in 0..<file.count(.inputs) {
      guard let shape = shapes[file.number(.inputs, index)], shape.rank == 4 else { continue }
      threadScratch = max(
        threadScratch,
        roundUp(kernels.pointee.image_scratch(Int32(truncatingIfNeeded: shape[loadsChannelsLast ? 2 : 3]))))
    }
  }

  mutating func sumCosts(_ target: Target) throws(Failure) {
    for index in 0..<stepCount where !steps[index].isFused {
      let step = steps[index]
      let activationBytes = activationBytes(of: step)
      activationTraffic += Double(activationBytes)
      cycles += target.cycles(multiplyAdds: step.multiplyAdds, bytes: step.bytes)
      let weightBytes = step.multiplyAdds == 0 ? 0 : step.bytes - activationBytes
      cyclesWaitingForWeights +=
        target.cycles(multiplyAdds: step.multiplyAdds, bytes: weightBytes)
        - target.cycles(multiplyAdds: step.multiplyAdds, bytes: 0)
    }
  }

  /// The algorithm that a convolution finds its weights transformed for.
  package func storedAlgorithm(_ node: ModelFile.Node) throws(Failure) -> pf_algorithm? {
    guard case .convolution = node.operation, node.inputCount > Convolution.transformedWeights,
      let value = file.operand(node, Convolution.transformedWeights),
      case .transformed(let algorithm, _) = try file.value(value).layout
    else { return nil }
    return algorithm?.kernel
  }

  private func checkConstants(_ step: inout Step, _ node: ModelFile.Node, _ inputs: InputShapes) throws(Failure) {
    for position in 0..<step.inputCount {
      guard let value = file.operand(node, position) else { continue }
      let layout = try file.value(value).layout
      guard layout != nil || !step.operation.requiresConstant(input: position) else {
        throw Failure(PF_ERROR_BAD_MODEL, "input # is not a constant", position)
      }
      guard layout.map({ step.operation.takes($0, asInput: position, inputs) }) ?? true else {
        throw Failure(
          PF_ERROR_BAD_MODEL, "the constant at input # does not lie in memory as the operation needs it", position)
      }
      if case .halfPanels = layout { step.weightsType = .float16 }
    }
    if case .gather(let gather) = step.operation, let value = file.operand(node, 1),
      let indices = storages[value].contents
    {
      try gather.check(indices.assumingMemoryBound(to: Int64.self), inputs)
    }
  }
}
