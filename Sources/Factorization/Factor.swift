import PrefactorGraph
import PrefactorModelFormat

/// One of the smaller layers that take a layer's place, or several of one shape on the same input, whose outputs are
/// joined one after the other: all that its cost depends on.
public struct Factor {
  public var operation: Operation
  /// Of one of the parallel layers.
  public let weightDims: [Int]
  public let parallel: Int

  init(operation: Operation, weightDims: [Int], parallel: Int = 1) {
    self.operation = operation
    self.weightDims = weightDims
    self.parallel = parallel
  }

  static func convolution(
    _ window: Window, from channels: Int, to filters: Int, groups: Int = 1, parallel: Int = 1
  ) -> Factor {
    var convolution = Convolution()
    convolution.window = window
    convolution.groups = Int32(groups)
    return Factor(
      operation: .convolution(convolution),
      weightDims: [filters, Int(window.kernelHeight), Int(window.kernelWidth), channels / groups], parallel: parallel)
  }

  /// A convolution of 1×1.
  static func pointwise(from channels: Int, to filters: Int, groups: Int = 1, parallel: Int = 1) -> Factor {
    convolution(Window(), from: channels, to: filters, groups: groups, parallel: parallel)
  }

  static func fullyConnected(from channels: Int, to filters: Int) -> Factor {
    Factor(operation: .fullyConnected(FullyConnected()), weightDims: [filters, channels])
  }

  /// So many of it side by side, each on channels of its own.
  func inGroups(_ count: Int) -> Factor {
    guard case .convolution(var convolution) = operation, count > 1 else { return self }
    precondition(parallel == 1)
    convolution.groups *= Int32(count)
    return Factor(operation: .convolution(convolution), weightDims: [count * weightDims[0]] + weightDims.dropFirst())
  }

  /// Of all parallel layers, one after the other.
  var jointWeightDims: [Int] { [parallel * weightDims[0]] + weightDims.dropFirst() }

  var weightCount: Int { jointWeightDims.reduce(1, *) }

  var groups: Int {
    guard case .convolution(let convolution) = operation else { return 1 }
    return Int(convolution.groups)
  }

  var kernelHeight: Int { weightDims.count == 4 ? weightDims[1] : 1 }
  var kernelWidth: Int { weightDims.count == 4 ? weightDims[2] : 1 }
  /// That it reads.
  var channels: Int { weightDims.last! * groups }

  /// Filters and the channels that they read: one block for each group of each of the parallel layers.
  var blocks: [(filters: Range<Int>, channels: Range<Int>)] {
    let filters = weightDims[0] / groups
    let depth = weightDims.last!
    return (0..<parallel * groups).map { block in
      let group = block % groups
      return (block * filters..<(block + 1) * filters, group * depth..<(group + 1) * depth)
    }
  }

  /// Where each of the weights lies in the kernel of an ungrouped layer, [F,KH,KW,C].
  var placesInKernel: [Int] {
    let positions = kernelHeight * kernelWidth
    return blocks.flatMap { block in
      block.filters.flatMap { filter in
        (0..<positions).flatMap { position in block.channels.map { (filter * positions + position) * channels + $0 } }
      }
    }
  }

  var clamp: Clamp {
    get {
      switch operation {
      case .convolution(let convolution): convolution.clamp
      case .fullyConnected(let fullyConnected): fullyConnected.clamp
      default: Clamp()
      }
    }
    set {
      switch operation {
      case .convolution(var convolution):
        convolution.clamp = newValue
        operation = .convolution(convolution)
      case .fullyConnected(var fullyConnected):
        fullyConnected.clamp = newValue
        operation = .fullyConnected(fullyConnected)
      default: break
      }
    }
  }
}

extension [Factor] {
  /// Of the whole chain, for an input of this shape.
  public func multiplyAdds(input: Shape) throws(Failure) -> Int {
    var (shape, sum) = (input, 0)
    for factor in self {
      // Each may be read more than once.
      shape[shape.rank - 1] = factor.channels
      let inputs = [shape, Shape(factor.weightDims)]
      shape = try factor.operation.outputShape(inputs)
      sum += factor.parallel * factor.operation.multiplyAdds(inputs, output: shape)
      shape[shape.rank - 1] *= factor.parallel
    }
    return sum
  }

  /// The bytes of the weights in float32. A bias stays what it was.
  public var weightBytes: Int { reduce(0) { $0 + $1.weightCount * ElementType.float32.size } }
}
