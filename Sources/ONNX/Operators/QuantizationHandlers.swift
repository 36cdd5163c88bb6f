import PrefactorGraph
import PrefactorModelFormat

let quantizationHandlers: [String: OperatorHandler] = ["DequantizeLinear": .lowered { [try dequantized($0)] }]

/// (x - zero point) · scale. Integers of up to 16 bits and their differences are float32 numbers; those of 32 bits,
/// which have no zero point, are rounded once.
private func dequantized(_ node: NodeImport) throws -> Operand {
  node.ignore("output_dtype")
  let x = try node.input(0)
  let blockSize = try node.int("block_size", default: 0)
  let axis = try node.int("axis", default: 1)
  func spread(_ parameter: Operand) throws -> Operand {
    try perElement(node, parameter, of: x, axis: axis, blockSize: blockSize)
  }
  var number = try node.number(x)
  if let zero = node.optional(2) { number = try node.emitBinary(.subtract, number, spread(node.number(zero))) }
  return try node.emitBinary(.multiply, number, spread(node.input(1)))
}

/// A scalar, a value for each index of an axis or, in blocks, for so many indices of it, so that it broadcasts to `x`.
private func perElement(_ node: NodeImport, _ parameter: Operand, of x: Operand, axis: Int, blockSize: Int) throws
  -> Operand
{
  if parameter.rank <= 1 && parameter.shape.count.constant == 1 { return try node.reshape(parameter, to: []) }
  let axis = try node.axis(axis, rank: x.rank)
  let size = x.dims[axis]
  if blockSize == 0 {
    guard parameter.rank == 1, parameter.dims[0] == size else {
      throw ONNXError("its scale or zero point does not fit axis \(axis)")
    }
    return try node.reshape(parameter, to: parameter.dims + Array(repeating: Size(1), count: x.rank - axis - 1))
  }
  var blocks = x.dims
  var repeated = x.dims
  blocks[axis] = size.ceilingDivided(by: Size(blockSize))
  repeated[axis] = blocks[axis] * blockSize
  guard blockSize > 0, parameter.dims == blocks else {
    throw ONNXError("its scale or zero point does not fit blocks of \(blockSize) along axis \(axis)")
  }
  let expanded = try node.expand(
    node.reshape(parameter, to: blocks[...axis] + [Size(1)] + blocks[(axis + 1)...]),
    to: blocks[...axis] + [Size(blockSize)] + blocks[(axis + 1)...])
  return try node.slice(node.reshape(expanded, to: repeated), [(axis, Size(0), size, 1)])
}
