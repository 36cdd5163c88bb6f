import KernelContract
import PrefactorModelFormat

/// Whether a batch is better run as so many single images, of which each stays in the caches, than layer by layer.
extension Plan {
  /// Images of the network's inputs; 1 where they do not agree.
  var batch: Int {
    var batch = 1
    for index in 0..<file.count(.inputs) {
      guard let shape = shapes[file.number(.inputs, index)], shape.rank > 0, index == 0 || shape[0] == batch else {
        return 1
      }
      batch = shape[0]
    }
    return batch
  }

  /// Whether the images take longer together than one by one, each by the plan of a single one. Only of their own
  /// numbers, since the plan of the batch may have made room for the other.
  func isWorse(than single: Plan, images: Int, on target: Target) -> Bool {
    // One by one, each image waits for the weights again, and begins every step; together, all activations come from
    // memory.
    let count = Double(images)
    return single.liveBytes <= target.cacheBytes
      && count * single.cyclesWaitingForWeights - cyclesWaitingForWeights + (count - 1) * single.cyclesBeginningSteps
        < count * single.activationTraffic / target.bytesPerCycle
  }

  /// Measured: .3 µs each, on one thread.
  private var cyclesBeginningSteps: Double {
    var count = 0
    for index in 0..<stepCount where steps[index].isComputed { count += 1 }
    return 1000 * Double(count)
  }

  /// Whether every value has the images along its first axis, and no step mixes them.
  func keepsImagesApart(_ images: Int) -> Bool {
    if mixesBatchWithSizes { return false }
    for value in 0..<valueCount where !storages[value].isConstant {
      guard let shape = shapes[value] else { continue }
      if shape.rank == 0 || shape[0] != images { return false }
    }
    for index in 0..<stepCount where !keepsImagesApart(steps[index]) { return false }
    return true
  }

  private func keepsImagesApart(_ step: Step) -> Bool {
    for index in step.bindings {
      let binding = file.binding(index).binding
      guard sizes.variesWithBatch[binding.expression] else { continue }
      // That this is the batch, of a single image too, is seen from the shapes.
      guard case .reshape = step.operation, binding.word == Reshape.firstDimensionWord else { return false }
    }
    switch step.operation {
    case .convolution, .fullyConnected, .pool, .responseNormalization, .unary, .affine, .resize, .depthToSpace,
      .cast:
      return true
    case .binary:
      guard let output = shapes[step.output] else { return false }
      for position in 0..<step.inputCount {
        guard let value = operand(step, position), let shape = shapes[value] else { return false }
        // A constant must be the same for all images.
        if storages[value].isConstant ? shape.rank == output.rank && shape[0] != 1 : shape.rank != output.rank {
          return false
        }
      }
      return true
    case .concatenation(let attributes):
      for position in 0..<step.inputCount {
        guard let value = operand(step, position), !storages[value].isConstant else { return false }
      }
      return attributes.axis > 0
    case .softmax(let attributes): return attributes.axis > 0
    case .gather(let attributes): return attributes.axis > 0
    case .argMax(let attributes): return attributes.axis > 0
    case .reduction(let attributes): return attributes.axes & 1 == 0
    case .slice(let attributes): return attributes.starts[0] == 0 && attributes.steps[0] == 1
    case .padding(let attributes): return attributes.before[0] == 0 && attributes.after[0] == 0
    case .transpose(let attributes): return attributes.permutation[0] == 0
    case .reshape(let attributes):
      return attributes.rank > 0 && (attributes.dims[0] == Reshape.copy(0) || Int(attributes.dims[0]) == batch)
    default: return false
    }
  }
}

extension Operation {
  /// The same for one of so many images, where it says how many there are.
  func ofSingleImage(of images: Int) -> Operation {
    guard images > 0, case .reshape(var attributes) = self, attributes.rank > 0, Int(attributes.dims[0]) == images
    else { return self }
    attributes.dims[0] = 1
    return .reshape(attributes)
  }
}
