import PrefactorGraph
import PrefactorModelFormat

/// One of the smaller layers that take a layer's place: all that its cost depends on.
public struct Link {
  public var operation: Operation
  public let weightDims: [Int]

  static func convolution(_ window: Window, from channels: Int, to filters: Int) -> Link {
    var convolution = Convolution()
    convolution.window = window
    return Link(
      operation: .convolution(convolution), weightDims: [filters, Int(window.kernelHeight), Int(window.kernelWidth), channels])
  }

  /// A convolution of 1×1.
  static func pointwise(from channels: Int, to filters: Int) -> Link {
    convolution(Window(), from: channels, to: filters)
  }

  static func fullyConnected(from channels: Int, to filters: Int) -> Link {
    Link(operation: .fullyConnected(FullyConnected()), weightDims: [filters, channels])
  }

  var weightCount: Int { weightDims.reduce(1, *) }

  /// With the clamp of the layer that this link ends the chain of.
  func clamped(like layer: Operation) -> Link {
    var result = self
    switch (operation, layer) {
    case (.convolution(var own), .convolution(let layer)):
      own.clamp = layer.clamp
      result.operation = .convolution(own)
    case (.fullyConnected(var own), .fullyConnected(let layer)):
      own.clamp = layer.clamp
      result.operation = .fullyConnected(own)
    default: break
    }
    return result
  }
}

extension [Link] {
  /// Of the whole chain, for an input of this shape.
  public func multiplyAdds(input: Shape) throws(Failure) -> Int {
    var (shape, sum) = (input, 0)
    for link in self {
      let inputs = [shape, Shape(link.weightDims)]
      shape = try link.operation.outputShape(inputs)
      sum += link.operation.multiplyAdds(inputs, output: shape)
    }
    return sum
  }

  /// The bytes of the weights in float32. A bias stays what it was.
  public var weightBytes: Int { reduce(0) { $0 + $1.weightCount * ElementType.float32.size } }
}
