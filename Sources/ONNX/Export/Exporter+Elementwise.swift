import KernelContract
import PrefactorGraph
import PrefactorModelFormat

extension Exporter {
  func unary(_ operation: Unary, _ x: String, _ node: Node) throws -> String {
    func alone(_ type: String, _ attributes: Onnx_AttributeProto...) -> String { add(type, [x], attributes, of: node) }
    let alpha = operation.alpha
    let beta = operation.beta
    switch pf_unary(rawValue: UInt32(bitPattern: operation.function)) {
    case PF_RELU: return alone("Relu")
    case PF_LEAKY_RELU: return alone("LeakyRelu", .float("alpha", alpha))
    case PF_CLIP: return clamped(x, Clamp(low: alpha, high: beta))
    case PF_SIGMOID: return alone("Sigmoid")
    case PF_HARD_SIGMOID: return alone("HardSigmoid", .float("alpha", alpha), .float("beta", beta))
    case PF_HARD_SWISH: return alone("HardSwish")
    case PF_TANH: return alone("Tanh")
    case PF_ELU: return alone("Elu", .float("alpha", alpha))
    case PF_SELU: return alone("Selu", .float("alpha", alpha), .float("gamma", beta))
    case PF_SOFTPLUS: return alone("Softplus")
    case PF_SOFTSIGN: return alone("Softsign")
    case PF_MISH: return add("Mul", [x, add("Tanh", [add("Softplus", [x])])])
    case PF_GELU: return gelu(x, add("Erf", [add("Mul", [x, scalar(Float(0.5).squareRoot())])]))
    case PF_GELU_TANH:
      let cube = add("Mul", [x, add("Mul", [x, x])])
      let argument = add("Add", [x, add("Mul", [cube, scalar(0.044715)])])
      return gelu(x, add("Tanh", [add("Mul", [argument, scalar((2 / Float.pi).squareRoot())])]))
    case PF_ERF: return alone("Erf")
    case PF_SQRT: return alone("Sqrt")
    case PF_EXP: return alone("Exp")
    case PF_LOG: return alone("Log")
    case PF_ABS: return alone("Abs")
    case PF_NEGATE: return alone("Neg")
    case PF_RECIPROCAL: return alone("Reciprocal")
    case PF_COPY: return alone("Identity")
    default: throw ONNXError("function \(operation.function) is not in ONNX")
    }
  }

  /// x/2 · (1 + step)
  private func gelu(_ x: String, _ step: String) -> String {
    add("Mul", [add("Mul", [x, scalar(0.5)]), add("Add", [step, scalar(1)])])
  }

  func binary(_ operation: Binary, _ node: Node) throws {
    let types = [
      PF_ADD: "Add", PF_SUBTRACT: "Sub", PF_MULTIPLY: "Mul", PF_DIVIDE: "Div", PF_POWER: "Pow", PF_MAXIMUM: "Max",
      PF_MINIMUM: "Min",
      PF_PRELU: "PRelu", PF_EQUAL: "Equal", PF_LESS: "Less", PF_LESS_OR_EQUAL: "LessOrEqual", PF_MASK: "Where",
    ].reduce(into: [:]) { $0[$1.key.rawValue] = $1.value }
    guard let type = types[UInt32(bitPattern: operation.function)] else {
      throw ONNXError("function \(operation.function) is not in ONNX")
    }
    let layout = layout(node)
    var operands = [0, 1].map { broadcastName(input(node, $0), layout, rank: rank(node.output)) }
    if type == "Where" {
      operands = [add("Cast", [operands[0]], [.int("to", DataType.bool.rawValue)]), operands[1], scalar(-0.0)]
    }
    var result = add(type, operands, of: node)
    if operation.isComparison { result = add("Cast", [result], [.int("to", DataType.float.rawValue)]) }
    define(node.output, layout, as: clamped(result, operation.clamp))
  }

  func affine(_ operation: Affine, _ node: Node) {
    let layout = layout(node)
    let rank = rank(node.output)
    let scale = broadcastName(input(node, 1), layout, rank: rank)
    let shift = broadcastName(input(node, 2), layout, rank: rank)
    let scaled = add("Mul", [name(input(node, 0), layout), scale], of: node)
    define(node.output, layout, as: clamped(add("Add", [scaled, shift]), operation.clamp))
  }

  /// A constant of a lower rank broadcasts along its last axes, which are others in another layout.
  private func broadcastName(_ value: Value, _ layout: Layout, rank: Int) -> String {
    guard layout == .channelsFirst, let tensor = graph.constants[value], tensor.dims.count < rank else {
      return name(value, layout)
    }
    let dims = Array(repeating: 1, count: rank - tensor.dims.count) + tensor.dims
    return constant(tensor.reshaped(to: dims).transposed(layout.ordered(Array(0..<rank))))
  }
}
