import KernelContract
import PrefactorGraph
import PrefactorModelFormat

let normalizationHandlers: [String: OperatorHandler] = [
  "BatchNormalization": .lowered { [try batchNormalization($0)] },
  "InstanceNormalization": .lowered { [try instanceNormalization($0)] }, "LRN": .lowered { [try responseNormalization($0)] },
]

private func batchNormalization(_ node: NodeImport) throws -> Operand {
  node.ignore("momentum")
  let x = try node.input(0), parameters = try (1...4).map(node.input)
  let epsilon = try node.float("epsilon", default: 1e-5)
  if try node.flag("training_mode") { throw ONNXError("training is not supported") }
  guard try node.flag("spatial", default: true) else { throw ONNXError("spatial 0 is not supported") }
  guard parameters.allSatisfy(\.isConstant) else {
    let (scale, shift, mean, variance) = (parameters[0], parameters[1], parameters[2], parameters[3])
    let centred = try node.emitBinary(PF_SUBTRACT, x, perChannel(node, mean, of: x))
    return try standardize(node, centred, variance: perChannel(node, variance, of: x), epsilon, scale, shift, of: x)
  }
  let (scale, shift, mean, variance) = try (node.floatConstant(1), node.floatConstant(2), node.floatConstant(3), node.floatConstant(4))
  guard [shift, mean, variance].allSatisfy({ $0.dims == scale.dims }) else { throw ONNXError("its parameters differ in their dimensions") }
  let factors = zip(scale.floats, variance.floats).map { Double($0) / (Double($1) + Double(epsilon)).squareRoot() }
  let shifts = factors.indices.map { Double(shift.floats[$0]) - Double(mean.floats[$0]) * factors[$0] }
  let scaled = try node.emitBinary(PF_MULTIPLY, x, perChannel(node, factors, of: x))
  return try node.emitBinary(PF_ADD, scaled, perChannel(node, shifts, of: x))
}

private func instanceNormalization(_ node: NodeImport) throws -> Operand {
  let x = try node.input(0), epsilon = try node.float("epsilon", default: 1e-5)
  guard x.rank >= 3 else { throw ONNXError("an input of rank \(x.rank)") }
  func mean(_ operand: Operand) throws -> Operand { try node.reduce(operand, PF_REDUCE_MEAN, axes: Array(2..<x.rank)) }
  let centred = try node.emitBinary(PF_SUBTRACT, x, mean(x))
  let variance = try mean(node.emitBinary(PF_MULTIPLY, centred, centred))
  return try standardize(node, centred, variance: variance, epsilon, node.input(1), node.input(2), of: x)
}

/// centred / √(variance + ε) · scale + shift
private func standardize(
  _ node: NodeImport, _ centred: Operand, variance: Operand, _ epsilon: Float, _ scale: Operand, _ shift: Operand, of x: Operand
) throws -> Operand {
  let shifted = try node.emitBinary(PF_ADD, variance, node.constant(Tensor([], [epsilon])))
  let standard = try node.emitBinary(PF_DIVIDE, centred, node.emit(.unary(Unary(PF_SQRT)), shifted))
  let scaled = try node.emitBinary(PF_MULTIPLY, standard, perChannel(node, scale, of: x))
  return try node.emitBinary(PF_ADD, scaled, perChannel(node, shift, of: x))
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
  let channelsLast = [0] + Array(2..<x.rank) + [1], channelsSecond = [0, x.rank - 1] + Array(1..<(x.rank - 1))
  return try node.transpose(node.emit(.responseNormalization(operation), node.transpose(x, channelsLast)), channelsSecond)
}
