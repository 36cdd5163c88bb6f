import PrefactorGraph
import PrefactorModelFormat

let convolutionHandlers: [String: OperatorHandler] = [
  "Conv": .lowered { [try convolution($0)] }, "ConvTranspose": .lowered { [try transposedConvolution($0)] },
]

private func convolution(_ node: NodeImport) throws -> Operand {
  let x = try node.input(0)
  let weights = try node.convolutionWeights()
  var operation = Convolution()
  operation.window = try WindowAttributes(node, weights: Array(weights.dims[2...])).window
  operation.groups = try int32(node.int("group", default: 1))
  let filters = weights.asImages.transposed([0, 2, 3, 1])
  let bias = try node.optional(2) == nil ? nil : node.floatConstant(2)
  return try node.channelsLast(x) { try node.emitLayer(.convolution(operation), $0, weights: filters, bias: bias) }
}

extension NodeImport {
  /// The weights of Conv and ConvTranspose: two dimensions of channels, then those of the kernel.
  func convolutionWeights() throws -> Tensor {
    let weights = try floatConstant(1)
    let rank = try input(0).rank
    guard weights.dims.count >= 3, weights.dims.count == rank else {
      throw ONNXError("weights of rank \(weights.dims.count) for an input of rank \(rank)")
    }
    guard rank <= 4 else { throw ONNXError("\(rank - 2)-D convolution is not supported") }
    return weights
  }
}

extension Tensor {
  /// Weights of one dimension as those of a row.
  var asImages: Tensor { dims.count == 3 ? reshaped(to: [dims[0], dims[1], 1, dims[2]]) : self }
}
