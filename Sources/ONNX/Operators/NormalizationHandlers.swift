import PrefactorGraph
import PrefactorModelFormat

let normalizationHandlers: [String: OperatorHandler] = [
  "BatchNormalization": .lowered { [try batchNormalization($0)] },
  "InstanceNormalization": .lowered { [try instanceNormalization($0)] },
  "LayerNormalization": .lowered(layerNormalization),
  "GroupNormalization": .lowered { [try groupNormalization($0)] },
  "RMSNormalization": .lowered { [try rootMeanSquareNormalization($0)] },
  "MeanVarianceNormalization": .lowered { [try meanVarianceNormalization($0)] },
  "LpNormalization": .lowered { [try normNormalization($0)] },
  "LRN": .lowered { [try responseNormalization($0)] },
]

private func batchNormalization(_ node: NodeImport) throws -> Operand {
  node.ignore("momentum")
  let x = try node.input(0)
  let parameters = try (1...4).map(node.input)
  let epsilon = try node.float("epsilon", default: 1e-5)
  if try node.flag("training_mode") { throw ONNXError("training is not supported") }
  guard try node.flag("spatial", default: true) else { throw ONNXError("spatial 0 is not supported") }
  guard parameters.allSatisfy(\.isConstant) else {
    let (scale, shift, mean, variance) = (parameters[0], parameters[1], parameters[2], parameters[3])
    let centred = try node.emitBinary(.subtract, x, perChannel(node, mean, of: x))
    let standard = try node.emitBinary(.divide, centred, deviation(node, perChannel(node, variance, of: x), epsilon))
    return try scaled(node, standard, perChannel(node, scale, of: x), perChannel(node, shift, of: x))
  }
  let (scale, shift, mean, variance) = try (
    node.floatConstant(1), node.floatConstant(2), node.floatConstant(3), node.floatConstant(4)
  )
  guard [shift, mean, variance].allSatisfy({ $0.dims == scale.dims }) else {
    throw ONNXError("its parameters differ in their dimensions")
  }
  let factors = zip(scale.floats, variance.floats).map { Double($0) / (Double($1) + Double(epsilon)).squareRoot() }
  let shifts = factors.indices.map { Double(shift.floats[$0]) - Double(mean.floats[$0]) * factors[$0] }
  let scaled = try node.emitBinary(.multiply, x, perChannel(node, factors, of: x))
  return try node.emitBinary(.add, scaled, perChannel(node, shifts, of: x))
}

private func instanceNormalization(_ node: NodeImport) throws -> Operand {
  let x = try node.input(0)
  let epsilon = try node.float("epsilon", default: 1e-5)
  guard x.rank >= 3 else { throw ONNXError("an input of rank \(x.rank)") }
  let standard = try standardized(node, x, axes: Array(2..<x.rank), epsilon)
  return try scaled(
    node, standard.values, perChannel(node, node.input(1), of: x), perChannel(node, node.input(2), of: x))
}

private func layerNormalization(_ node: NodeImport) throws -> [Operand] {
  node.ignore("stash_type")
  let x = try node.input(0)
  let first = try node.axis(node.int("axis", default: -1), rank: x.rank)
  let standard = try standardized(node, x, axes: Array(first..<x.rank), node.float("epsilon", default: 1e-5))
  let inverse = try node.emit(.unary(Unary(.reciprocal)), standard.deviation)
  return [try scaled(node, standard.values, node.input(1), node.optional(2)), standard.mean, inverse]
}

/// Before opset 21, scale and shift are those of a group.
private func groupNormalization(_ node: NodeImport) throws -> Operand {
  node.ignore("stash_type")
  let x = try node.input(0)
  let groups = try node.int("num_groups", default: 0)
  guard x.rank >= 2 else { throw ONNXError("an input of rank \(x.rank)") }
  guard let channels = x.dims[1].constant else { throw node.dependsOnSize("the number of channels", [x.dims[1]]) }
  guard groups > 0, channels % groups == 0 else { throw ONNXError("\(groups) groups of \(channels) channels") }
  let grouped = try node.reshape(x, to: [x.dims[0], Size(groups), x.dims[2...].product * (channels / groups)])
  let standard = try standardized(node, grouped, axes: [2], node.float("epsilon", default: 1e-5)).values
  if node.opset >= 21 {
    return try scaled(
      node, node.reshape(standard, to: x.dims), perChannel(node, node.input(1), of: x),
      perChannel(node, node.input(2), of: x))
  }
  let result = try scaled(
    node, standard, perChannel(node, node.input(1), of: grouped), perChannel(node, node.input(2), of: grouped))
  return try node.reshape(result, to: x.dims)
}

private func rootMeanSquareNormalization(_ node: NodeImport) throws -> Operand {
  node.ignore("stash_type")
  let x = try node.input(0)
  let first = try node.axis(node.int("axis", default: -1), rank: x.rank)
  let square = try node.reduce(node.square(x), .mean, axes: Array(first..<x.rank))
  let root = try deviation(node, square, node.float("epsilon", default: 1e-5))
  return try scaled(node, node.emitBinary(.divide, x, root), node.input(1), nil)
}

private func meanVarianceNormalization(_ node: NodeImport) throws -> Operand {
  let x = try node.input(0)
  let axes = try node.axes(node.ints("axes") ?? [0, 2, 3], rank: x.rank)
  let standard = try standardized(node, x, axes: axes, 0)
  return try node.emitBinary(
    .divide, standard.centred, node.emitBinary(.add, standard.deviation, node.scalar(1e-9)))
}

/// A vector whose norm is 0 stays as it is.
private func normNormalization(_ node: NodeImport) throws -> Operand {
  let x = try node.input(0)
  let axis = try node.axis(node.int("axis", default: -1), rank: x.rank)
  let order = try node.int("p", default: 2)
  guard order == 1 || order == 2 else { throw ONNXError("p \(order) is not supported, 1 and 2 are") }
  let terms = try order == 1 ? node.emit(.unary(Unary(.abs)), x) : node.square(x)
  let sum = try node.reduce(terms, .sum, axes: [axis])
  let norm = try order == 1 ? sum : node.emit(.unary(Unary(.sqrt)), sum)
  return try node.emit(.binary(Binary(.mask)), norm, node.emitBinary(.divide, x, norm))
}

// MARK: Parts

/// Numbers of which the mean over some axes is taken off, and which are divided by √(variance + ε).
private func standardized(
  _ node: NodeImport, _ x: Operand, axes: [Int], _ epsilon: Float
) throws -> (values: Operand, centred: Operand, mean: Operand, deviation: Operand) {
  let mean = try node.reduce(x, .mean, axes: axes)
  let centred = try node.emitBinary(.subtract, x, mean)
  let variance = try node.reduce(node.square(centred), .mean, axes: axes)
  let deviation = try deviation(node, variance, epsilon)
  return (try node.emitBinary(.divide, centred, deviation), centred, mean, deviation)
}

/// √(variance + ε)
private func deviation(_ node: NodeImport, _ variance: Operand, _ epsilon: Float) throws -> Operand {
  try node.emit(.unary(Unary(.sqrt)), node.emitBinary(.add, variance, node.scalar(epsilon)))
}

/// x · scale + shift
private func scaled(_ node: NodeImport, _ x: Operand, _ scale: Operand, _ shift: Operand?) throws -> Operand {
  let scaled = try node.emitBinary(.multiply, x, scale)
  let result = try shift.map { try node.emitBinary(.add, scaled, $0) } ?? scaled
  guard result.dims == x.dims else { throw ONNXError("its scale or shift does not fit the input") }
  return result
}

/// [C], so that it broadcasts to `x`, [N, C, ...].
private func perChannel(_ node: NodeImport, _ operand: Operand, of x: Operand) throws -> Operand {
  try node.reshape(operand, to: operand.dims + Array(repeating: Size(1), count: max(0, x.rank - 2)))
}

private func perChannel(_ node: NodeImport, _ values: [Double], of x: Operand) -> Operand {
  node.constant(Tensor([values.count] + Array(repeating: 1, count: max(0, x.rank - 2)), values.map { Float($0) }))
}

private func responseNormalization(_ node: NodeImport) throws -> Operand {
  let x = try node.input(0)
  guard x.rank >= 2 else { throw ONNXError("an input of rank \(x.rank)") }
  var operation = ResponseNormalization()
  operation.size = try int32(node.int("size", default: 0))
  operation.alpha = try node.float("alpha", default: 1e-4)
  operation.beta = try node.float("beta", default: 0.75)
  operation.bias = try node.float("bias", default: 1)
  let channelsLast = [0] + Array(2..<x.rank) + [1]
  let channelsSecond = [0, x.rank - 1] + Array(1..<(x.rank - 1))
  return try node.transpose(
    node.emit(.responseNormalization(operation), node.transpose(x, channelsLast)), channelsSecond)
}
