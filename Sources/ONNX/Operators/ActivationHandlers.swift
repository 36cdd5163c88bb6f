import PrefactorGraph
import PrefactorModelFormat

let activationHandlers: [String: OperatorHandler] = [
  "Relu": function { _ in Unary(.relu) },
  "LeakyRelu": function { Unary(.leakyRelu, alpha: try $0.float("alpha", default: 0.01)) },
  "Sigmoid": function { _ in Unary(.sigmoid) },
  "HardSigmoid": function {
    Unary(.hardSigmoid, alpha: try $0.float("alpha", default: 0.2), beta: try $0.float("beta", default: 0.5))
  },
  "HardSwish": function { _ in Unary(.hardSwish) },
  "Tanh": function { _ in Unary(.tanh) },
  "Elu": function { Unary(.elu, alpha: try $0.float("alpha", default: 1)) },
  "Selu": function {
    Unary(.selu, alpha: try $0.float("alpha", default: 1.673_263_2), beta: try $0.float("gamma", default: 1.050_701))
  },
  "Softplus": function { _ in Unary(.softplus) },
  "Softsign": function { _ in Unary(.softsign) },
  "Mish": function { _ in Unary(.mish) },
  "Gelu": function { Unary(try $0.choice("approximate", default: "none", ["none": .gelu, "tanh": .geluTanh])) },
  "Erf": function { _ in Unary(.erf) },
  "Clip": OperatorHandler(foldSizes: clippedSizes, lower: clip),
  "PRelu": .lowered { [try $0.emitBinary(.prelu, $0.input(0), $0.input(1))] },
  "Softmax": .lowered { try softmax($0, logarithm: false) },
  "LogSoftmax": .lowered { try softmax($0, logarithm: true) },
]

private func function(_ make: @escaping (NodeImport) throws -> Unary) -> OperatorHandler {
  .lowered { node in [try node.emit(.unary(make(node)), node.input(0))] }
}

private func clip(_ node: NodeImport) throws -> [Operand] {
  let x = try node.input(0)
  func bounded(_ low: Float?, _ high: Float?) throws -> [Operand] {
    [try node.emit(.unary(Unary(.clip, alpha: low ?? -.infinity, beta: high ?? .infinity)), x)]
  }
  if node.opset < 11 { return try bounded(node.float("min"), node.float("max")) }
  let low = node.optional(1)
  let high = node.optional(2)
  if [low, high].allSatisfy({ $0?.isConstant ?? true }) {
    return try bounded(low?.constant?.scalar(), high?.constant?.scalar())
  }
  let raised = try low.map { try node.emitBinary(.maximum, x, $0) } ?? x
  return [try high.map { try node.emitBinary(.minimum, raised, $0) } ?? raised]
}

private func clippedSizes(_ node: NodeImport, _ inputs: [SymbolicTensor?]) throws -> [SymbolicTensor]? {
  guard node.opset >= 11, let x = inputs[0] else { return nil }
  return try [(1, maximum), (2, minimum)].reduce([x]) { result, bound in
    node.optional(bound.0) == nil ? result : try result.flatMap { try bound.1.ofSizes([$0[0], inputs[bound.0]]) }
  }
}

private func softmax(_ node: NodeImport, logarithm: Bool) throws -> [Operand] {
  let x = try node.input(0)
  let axis = try node.axis(node.int("axis", default: node.opset < 13 ? 1 : -1), rank: x.rank)
  var operation = Softmax()
  operation.axis = Int32(axis)
  operation.logarithm = logarithm ? 1 : 0
  // Before opset 13, everything from the axis on is one distribution.
  let isSingleAxis = node.opset >= 13 || ((axis + 1)..<x.rank).allSatisfy { x.dims[$0].constant == 1 }
  if isSingleAxis { return [try node.emit(.softmax(operation), x)] }
  operation.axis = 1
  let flat = try node.reshape(x, to: [x.dims[..<axis].product, x.dims[axis...].product])
  return [try node.reshape(node.emit(.softmax(operation), flat), to: x.dims)]
}
