import PrefactorGraph
import PrefactorModelFormat

let matrixHandlers: [String: OperatorHandler] = [
  "Gemm": .lowered { [try gemm($0)] }, "MatMul": .lowered { [try matrixProduct($0)] },
]

// MARK: Gemm

private func gemm(_ node: NodeImport) throws -> Operand {
  let a = try node.input(0)
  let b = try node.input(1)
  guard a.rank == 2, b.rank == 2 else { throw ONNXError("factors of rank \(a.rank) and \(b.rank), not 2") }
  let transposesB = try node.flag("transB")
  let alpha = try node.float("alpha", default: 1)
  let beta = try node.float("beta", default: 1)
  let left = try node.flag("transA") ? node.transpose(a, [1, 0]) : a
  let c = beta == 0 ? nil : node.optional(2)
  guard b.isConstant else {
    let product = try node.emit(.matrixProduct, left, transposesB ? node.transpose(b, [1, 0]) : b)
    return try add(node, c, times: beta, to: scale(node, product, by: alpha))
  }
  let weights = try node.floatConstant(1)
  let filters = (transposesB ? weights : weights.transposed([1, 0])).scaled(by: alpha)
  let bias = try c.flatMap { $0.isConstant ? try node.floatConstant(2).asBias(channels: filters.dims[0]) : nil }
  let product = try node.emitLayer(
    .fullyConnected(FullyConnected()), left, weights: filters, bias: bias?.scaled(by: beta))
  return bias == nil ? try add(node, c, times: beta, to: product) : product
}

private func scale(_ node: NodeImport, _ x: Operand, by factor: Float) throws -> Operand {
  factor == 1 ? x : try node.emitBinary(.multiply, x, node.scalar(factor))
}

private func add(_ node: NodeImport, _ c: Operand?, times beta: Float, to product: Operand) throws -> Operand {
  guard let c else { return product }
  return try node.emitBinary(.add, product, scale(node, c, by: beta))
}

extension Tensor {
  fileprivate func scaled(by factor: Float) -> Tensor { factor == 1 ? self : Tensor(dims, floats.map { $0 * factor }) }

  /// A tensor that is the same for every row as one value for each column; nil where it is not.
  fileprivate func asBias(channels: Int) throws -> Tensor? {
    guard dims.count <= 2, dims.dropLast().allSatisfy({ $0 == 1 }), [1, channels].contains(dims.last ?? 1) else {
      return nil
    }
    return try reshaped(to: [count]).broadcast(to: [channels])
  }
}

// MARK: MatMul

private func matrixProduct(_ node: NodeImport) throws -> Operand {
  let a = try node.input(0)
  let b = try node.input(1)
  guard a.rank > 0, b.rank > 0 else { throw ONNXError("a factor is a scalar") }
  if b.isConstant, b.rank == 2 {
    return try node.emitLayer(
      .fullyConnected(FullyConnected()), a, weights: node.floatConstant(1).transposed([1, 0]), bias: nil)
  }
  // A vector is a row on the left and a column on the right; its other dimension disappears from the result.
  let left = try a.rank == 1 ? node.reshape(a, to: [Size(1)] + a.dims) : a
  let right = try b.rank == 1 ? node.reshape(b, to: b.dims + [Size(1)]) : b
  let product = try node.emit(.matrixProduct, left, right)
  if a.rank > 1, b.rank > 1 { return product }
  let dims = product.dims
  return try node.reshape(
    product,
    to: dims.dropLast(2) + (a.rank == 1 ? [] : [dims[dims.count - 2]]) + (b.rank == 1 ? [] : [dims[dims.count - 1]]))
}
