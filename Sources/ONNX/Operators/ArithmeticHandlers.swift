import Foundation
import PrefactorGraph
import PrefactorModelFormat

let arithmeticHandlers: [String: OperatorHandler] = [
  "Add": binary(.add, add),
  "Sub": binary(.subtract, ElementwiseFold(integers: &-, floats: -, sizes: -, sizeFloats: .floatSubtract)),
  "Mul": binary(.multiply, ElementwiseFold(integers: &*, floats: *, sizes: *, sizeFloats: .floatMultiply)),
  "Div": binary(.divide, divide),
  "Pow": binary(.power, power),
  "Mod": .folded({ node, inputs in [try modulo(node)(inputs.tensor(0), inputs.tensor(1))] }) { node, inputs in
    try modulo(node).ofSizes(inputs)
  },
  "Max": variadic(.maximum, maximum), "Min": variadic(.minimum, minimum),
  "Sum": variadic(.add, add), "Mean": .lowered(mean),
  "Neg": unary(
    .negate, integers: { 0 &- $0 }, floats: -, sizes: -, sizeFloats: { .apply(.floatMultiply, $0, FloatSize(-1)) }),
  "Abs": unary(.abs, integers: { $0 < 0 ? 0 &- $0 : $0 }, floats: abs, sizes: \.magnitude),
  "Sqrt": unary(.sqrt, floats: { $0.squareRoot() }, sizeFloats: { .apply(.floatSquareRoot, $0) }),
  "Reciprocal": unary(.reciprocal, floats: { 1 / $0 }, sizeFloats: { .apply(.floatDivide, FloatSize(1), $0) }),
  "Exp": unary(.exp, floats: expf), "Log": unary(.log, floats: logf),
  "Floor": rounding(.floatFloor) { $0.rounded(.down) }, "Ceil": rounding(.floatCeiling) { $0.rounded(.up) },
  "Round": rounding(.floatRound) { $0.rounded(.toNearestOrEven) },
]

// MARK: Two arguments

private let add = ElementwiseFold(integers: &+, floats: +, sizes: +, sizeFloats: .floatAdd)

let maximum = ElementwiseFold(integers: max, floats: Float.maximum, sizes: Size.maximum, sizeFloats: .floatMaximum)
let minimum = ElementwiseFold(integers: min, floats: Float.minimum, sizes: Size.minimum, sizeFloats: .floatMinimum)

private let divide = ElementwiseFold(
  integers: { left, right in
    guard right != 0 else { throw ONNXError("a division by zero") }
    return left.dividedReportingOverflow(by: right).partialValue
  }, floats: /, sizes: { $0.truncatedQuotient(by: $1) }, sizeFloats: .floatDivide)

private let power = ElementwiseFold(
  integers: { base, exponent in
    guard let result = Int64(exactly: pow(Double(base), Double(exponent)).rounded(.towardZero)) else {
      throw ONNXError("a power out of range")
    }
    return result
  }, floats: powf,
  sizes: { base, exponent in
    exponent.constant.flatMap { (0...8).contains($0) ? repeatElement(base, count: $0).product : nil }
  })

/// The result has the sign of the divisor, or with `fmod` of the dividend.
private func modulo(_ node: NodeImport) throws -> ElementwiseFold {
  let isTruncated = try node.flag("fmod")
  return ElementwiseFold(
    integers: { left, right in
      guard right != 0 else { throw ONNXError("a division by zero") }
      let rest = left.remainderReportingOverflow(dividingBy: right).partialValue
      return !isTruncated && rest != 0 && (rest < 0) != (right < 0) ? rest + right : rest
    }, floats: { $0.truncatingRemainder(dividingBy: $1) },
    sizes: { left, right in
      guard right.isPositive || right.bounds.upper < 0 else { return nil }
      return isTruncated ? left.truncatedQuotient(by: right).map { left - right * $0 } : left.modulo(right)
    })
}

private func binary(_ function: BinaryFunction, _ fold: ElementwiseFold) -> OperatorHandler {
  .either(
    { _, inputs in
      guard inputs.areForImport else { return nil }
      let left = try inputs.tensor(0)
      let right = try inputs.tensor(1)
      try checkTypes(function, left.type, right.type)
      return [try fold(left, right)]
    }, sizes: { _, inputs in try fold.ofSizes(inputs) }
  ) { node in
    let left = try node.input(0)
    let right = try node.input(1)
    try checkTypes(function, left.type, right.type)
    try node.refuseIntegers([left, right])
    return [try node.emitBinary(function, left, right)]
  }
}

/// A power has the type of its base.
private func checkTypes(_ function: BinaryFunction, _ left: ElementType, _ right: ElementType) throws {
  if function == .power, left == .int64, right == .float32 {
    throw ONNXError("a power of integers with a floating-point exponent is not supported")
  }
}

private func variadic(_ function: BinaryFunction, _ fold: ElementwiseFold) -> OperatorHandler {
  .either(
    { _, inputs in
      inputs.areForImport
        ? [try inputs.indices.dropFirst().reduce(inputs.tensor(0)) { try fold($0, inputs.tensor($1)) }] : nil
    },
    sizes: { _, inputs in
      try inputs.dropFirst().reduce(inputs.first.map { $0.map { [$0] } } ?? nil) { result, next in
        try result.flatMap { try fold.ofSizes([$0[0], next]) }
      }
    }
  ) { node in [try chain(node, function)] }
}

private func chain(_ node: NodeImport, _ function: BinaryFunction) throws -> Operand {
  let operands = try node.allInputs()
  try node.refuseIntegers(operands)
  return try operands.dropFirst().reduce(operands[0]) { try node.emitBinary(function, $0, $1) }
}

private func mean(_ node: NodeImport) throws -> [Operand] {
  [try node.emitBinary(.divide, chain(node, .add), node.scalar(Float(node.inputs.count)))]
}

extension NodeImport {
  /// The graph's functions are of float32 numbers: what they would make of integers is not rounded, and no integer.
  fileprivate func refuseIntegers(_ operands: [Operand]) throws {
    guard operands.allSatisfy({ $0.type == .int64 }) else { return }
    throw dependsOnSize(proto.output.first ?? name, operands.flatMap { $0.symbolic?.elements.compactMap(\.size) ?? [] })
  }

  /// A known integer operand is converted, because the other one is not.
  func emitBinary(_ function: BinaryFunction, _ left: Operand, _ right: Operand) throws -> Operand {
    try emit(.binary(Binary(function)), asFloat(left), asFloat(right))
  }

  func square(_ x: Operand) throws -> Operand { try emitBinary(.multiply, x, x) }

  func asFloat(_ operand: Operand) -> Operand {
    guard operand.type == .int64, let elements = operand.elements else { return operand }
    operand.isStatic = true
    switch elements {
    case .numbers(let tensor): return Operand(Tensor(tensor.dims, tensor.asFloats))
    case .sizes(let tensor):
      return Operand(SymbolicTensor(tensor.dims, .float32, tensor.elements.map { .float($0.asFloat) }))
    }
  }

  /// An operand as float32, whatever it is.
  func number(_ operand: Operand) throws -> Operand {
    let converted = asFloat(operand)
    return converted.type == .float32 ? converted : try emit(.cast(Cast(.float32)), converted)
  }
}

// MARK: One argument

private func unary(
  _ function: UnaryFunction, integers: ((Int64) -> Int64)? = nil, floats: @escaping (Float) -> Float,
  sizes: ((Size) -> Size)? = nil,
  sizeFloats: ((FloatSize) -> FloatSize)? = nil
) -> OperatorHandler {
  .either(
    { _, inputs in inputs.areForImport ? [try map(inputs.tensor(0), integers: integers, floats: floats)] : nil },
    sizes: { _, inputs in
      mapSizes(inputs) { element in
        switch element {
        case .integer(let size): sizes.map { .integer($0(size)) }
        case .float(let number): sizeFloats.map { .float($0(number)) }
        }
      }
    }
  ) { node in
    [try node.emit(.unary(Unary(function)), node.input(0))]
  }
}

private func rounding(_ operation: SizeOperation, _ floats: @escaping (Float) -> Float) -> OperatorHandler {
  .folded({ _, inputs in [try map(inputs.tensor(0), floats: floats)] }) { _, inputs in
    mapSizes(inputs) { element in element.float.map { .float(.apply(operation, $0)) } }
  }
}

private func mapSizes(_ inputs: [SymbolicTensor?], _ function: (SymbolicNumber) -> SymbolicNumber?) -> [SymbolicTensor]?
{
  guard let tensor = inputs[0] else { return nil }
  let elements = tensor.elements.compactMap(function)
  return elements.count == tensor.elements.count ? [SymbolicTensor(tensor.dims, tensor.type, elements)] : nil
}

private func map(_ tensor: Tensor, integers: ((Int64) -> Int64)? = nil, floats: (Float) -> Float) throws -> Tensor {
  switch tensor.numbers {
  case .floats(let values): return Tensor(tensor.dims, values.map(floats))
  case .integers(let values):
    guard let integers else { throw ONNXError("integers are not supported") }
    return Tensor(tensor.dims, values.map(integers))
  }
}
