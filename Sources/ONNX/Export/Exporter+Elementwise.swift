import PrefactorGraph
import PrefactorModelFormat

extension Exporter {
  func unary(_ operation: Unary, _ x: String, _ node: Node) throws -> String {
    func alone(_ type: String, _ attributes: Onnx_AttributeProto...) -> String { add(type, [x], attributes, of: node) }
    let alpha = operation.alpha
    let beta = operation.beta
    switch operation.function {
    case .relu: return alone("Relu")
    case .leakyRelu: return alone("LeakyRelu", .float("alpha", alpha))
    case .clip: return clamped(x, Clamp(low: alpha, high: beta))
    case .sigmoid: return alone("Sigmoid")
    case .hardSigmoid: return alone("HardSigmoid", .float("alpha", alpha), .float("beta", beta))
    case .hardSwish: return alone("HardSwish")
    case .tanh: return alone("Tanh")
    case .elu: return alone("Elu", .float("alpha", alpha))
    case .selu: return alone("Selu", .float("alpha", alpha), .float("gamma", beta))
    case .softplus: return alone("Softplus")
    case .softsign: return alone("Softsign")
    case .mish: return add("Mul", [x, add("Tanh", [add("Softplus", [x])])])
    case .gelu: return gelu(x, add("Erf", [add("Mul", [x, scalar(Float(0.5).squareRoot())])]))
    case .geluTanh:
      let cube = add("Mul", [x, add("Mul", [x, x])])
      let argument = add("Add", [x, add("Mul", [cube, scalar(0.044715)])])
      return gelu(x, add("Tanh", [add("Mul", [argument, scalar((2 / Float.pi).squareRoot())])]))
    case .erf: return alone("Erf")
    case .sqrt: return alone("Sqrt")
    case .exp: return alone("Exp")
    case .log: return alone("Log")
    case .abs: return alone("Abs")
    case .negate: return alone("Neg")
    case .reciprocal: return alone("Reciprocal")
    case .copy: return alone("Identity")
    case nil: throw ONNXError("function \(operation.functionCode) is not in ONNX")
    }
  }

  /// x/2 · (1 + step)
  private func gelu(_ x: String, _ step: String) -> String {
    add("Mul", [add("Mul", [x, scalar(0.5)]), add("Add", [step, scalar(1)])])
  }

  func binary(_ operation: Binary, _ node: Node) throws {
    let types: [BinaryFunction?: String] = [
      .add: "Add", .subtract: "Sub", .multiply: "Mul", .divide: "Div", .power: "Pow", .maximum: "Max",
      .minimum: "Min", .prelu: "PRelu", .equal: "Equal", .less: "Less", .lessOrEqual: "LessOrEqual", .mask: "Where",
    ]
    guard let type = types[operation.function] else {
      throw ONNXError("function \(operation.functionCode) is not in ONNX")
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
