import PrefactorGraph
import PrefactorModelFormat

/// One of the smaller layers that take a layer's place, or several of one shape on the same input, whose outputs are joined one after the
/// other: all that its cost depends on.
public struct Link {
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
  ) -> Link {
    var convolution = Convolution()
    convolution.window = window
    convolution.groups = Int32(groups)
    return Link(
      operation: .convolution(convolution),
      weightDims: [filters, Int(window.kernelHeight), Int(window.kernelWidth), channels / groups], parallel: parallel)
  }

  /// A convolution of 1×1.
  static func pointwise(from channels: Int, to filters: Int, groups: Int = 1, parallel: Int = 1) -> Link {
    convolution(Window(), from: channels, to: filters, groups: groups, parallel: parallel)
  }

  static func fullyConnected(from channels: Int, to filters: Int) -> Link {
    Link(operation: .fullyConnected(FullyConnected()), weightDims: [filters, channels])
  }

  /// Of all parallel layers, one after the other.
  var jointWeightDims: [Int] { [parallel * weightDims[0]] + weightDims.dropFirst() }

  var weightCount: Int { jointWeightDims.reduce(1, *) }

  /// That it reads.
  var channels: Int { weightDims.last! * groups }

  var groups: Int {
    guard case .convolution(let convolution) = operation else { return 1 }
    return Int(convolution.groups)
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

extension [Link] {
  /// Of the whole chain, for an input of this shape.
  public func multiplyAdds(input: Shape) throws(Failure) -> Int {
    var (shape, sum) = (input, 0)
    for link in self {
      // Each may be read more than once.
      shape[shape.rank - 1] = link.channels
      let inputs = [shape, Shape(link.weightDims)]
      shape = try link.operation.outputShape(inputs)
      sum += link.parallel * link.operation.multiplyAdds(inputs, output: shape)
      shape[shape.rank - 1] *= link.parallel
    }
    return sum
  }

  /// The bytes of the weights in float32. A bias stays what it was.
  public var weightBytes: Int { reduce(0) { $0 + $1.weightCount * ElementType.float32.size } }
}
