import Foundation
import KernelContract
import PrefactorGraph
import PrefactorModelFormat

let arithmeticHandlers: [String: OperatorHandler] = [
  "Add": binary(PF_ADD, add), "Sub": binary(PF_SUBTRACT, ElementwiseFold(integers: &-, floats: -)),
  "Mul": binary(PF_MULTIPLY, ElementwiseFold(integers: &*, floats: *)), "Div": binary(PF_DIVIDE, divide),
  "Pow": binary(PF_POWER, power), "Mod": .folded { node, inputs in [try modulo(node)(inputs.tensor(0), inputs.tensor(1))] },
  "Max": variadic(PF_MAXIMUM, ElementwiseFold(integers: max, floats: Float.maximum)),
  "Min": variadic(PF_MINIMUM, ElementwiseFold(integers: min, floats: Float.minimum)),
  "Sum": variadic(PF_ADD, add), "Mean": .lowered(mean),
  "Neg": unary(PF_NEGATE, integers: { 0 &- $0 }, floats: -), "Abs": unary(PF_ABS, integers: { $0 < 0 ? 0 &- $0 : $0 }, floats: abs),
  "Sqrt": unary(PF_SQRT, floats: { $0.squareRoot() }), "Reciprocal": unary(PF_RECIPROCAL, floats: { 1 / $0 }),
  "Exp": unary(PF_EXP, floats: expf), "Log": unary(PF_LOG, floats: logf),
  "Floor": .folded { _, inputs in [try map(inputs.tensor(0), floats: { $0.rounded(.down) })] },
  "Ceil": .folded { _, inputs in [try map(inputs.tensor(0), floats: { $0.rounded(.up) })] },
]

// MARK: Two arguments

private let add = ElementwiseFold(integers: &+, floats: +)

private let divide = ElementwiseFold(
  integers: { left, right in
    guard right != 0 else { throw ONNXError("a division by zero") }
    return left.dividedReportingOverflow(by: right).partialValue
  }, floats: /)

private let power = ElementwiseFold(
  integers: { base, exponent in
    guard let result = Int64(exactly: pow(Double(base), Double(exponent)).rounded(.towardZero)) else { throw ONNXError("a power out of range") }
    return result
  }, floats: powf)

/// The result has the sign of the divisor, or with `fmod` of the dividend.
private func modulo(_ node: NodeImport) throws -> ElementwiseFold {
  let isTruncated = try node.flag("fmod")
  return ElementwiseFold(
    integers: { left, right in
      guard right != 0 else { throw ONNXError("a division by zero") }
      let rest = left.remainderReportingOverflow(dividingBy: right).partialValue
      return !isTruncated && rest != 0 && (rest < 0) != (right < 0) ? rest + right : rest
    }, floats: { $0.truncatingRemainder(dividingBy: $1) })
}

private func binary(_ function: pf_binary, _ fold: ElementwiseFold) -> OperatorHandler {
  .either({ _, inputs in [try fold(inputs.tensor(0), inputs.tensor(1))] }) { node in
    [try node.emitBinary(function, node.input(0), node.input(1))]
  }
}

private func variadic(_ function: pf_binary, _ fold: ElementwiseFold) -> OperatorHandler {
  .either({ _, inputs in
    [try inputs.indices.dropFirst().reduce(inputs.tensor(0)) { try fold($0, inputs.tensor($1)) }]
  }) { node in [try chain(node, function)] }
}

private func chain(_ node: NodeImport, _ function: pf_binary) throws -> Operand {
  let operands = try node.allInputs()
  return try operands.dropFirst().reduce(operands[0]) { try node.emitBinary(function, $0, $1) }
}

private func mean(_ node: NodeImport) throws -> [Operand] {
  [try node.emitBinary(PF_DIVIDE, chain(node, PF_ADD), node.constant(Tensor([], [Float(node.inputs.count)])))]
}

extension NodeImport {
  /// A known integer operand is converted, because the other one is not.
  func emitBinary(_ function: pf_binary, _ left: Operand, _ right: Operand) throws -> Operand {
    try emit(.binary(Binary(function)), asFloat(left), asFloat(right))
  }

  private func asFloat(_ operand: Operand) -> Operand {
    guard operand.type == .int64, let constant = operand.constant else { return operand }
    operand.isStatic = true
    return self.constant(Tensor(constant.dims, constant.asFloats))
  }
}

// MARK: One argument

private func unary(
  _ function: pf_unary, integers: ((Int64) -> Int64)? = nil, floats: @escaping (Float) -> Float
) -> OperatorHandler {
  .either({ _, inputs in [try map(inputs.tensor(0), integers: integers, floats: floats)] }) { node in
    [try node.emit(.unary(Unary(function)), node.input(0))]
  }
}

private func map(_ tensor: Tensor, integers: ((Int64) -> Int64)? = nil, floats: (Float) -> Float) throws -> Tensor {
  switch tensor.elements {
  case .float32(let values): return Tensor(tensor.dims, values.map(floats))
  case .int64(let values):
    guard let integers else { throw ONNXError("integers are not supported") }
    return Tensor(tensor.dims, values.map(integers))
  }
}
