import PrefactorLinearAlgebra
import PrefactorModelFormat

/// y = x·Wᵀ + b gives dx = dy·W, dW = dyᵀ·x and db = Σ dy.
struct FullyConnectedRule: Rule {
  private let layer: FullyConnected
  private let rows: Int, depth: Int, filters: Int
  let inputsRead: [Int]

  init(_ layer: FullyConnected, _ site: Site) {
    self.layer = layer
    let weights = site.inputs[1]!
    (filters, depth) = (weights[0], weights[1])
    rows = site.output.count / filters
    inputsRead = (site.wants(1) ? [0] : []) + (site.wants(0) ? [1] : [])
  }

  var readsOutput: Bool { !layer.clamp.isNone }

  func pullBack(_ step: BackwardStep) {
    let values = step.outputAdjoint(within: layer.clamp)
    let terms = FloatMatrix(values, rows: rows, columns: filters)
    if let adjoint = step.adjoint(0)?.target() {
      terms.multiply(
        FloatMatrix(step.inputs[1]!, rows: filters, columns: depth), to: adjoint.values, isAdding: adjoint.isAdding)
    }
    if let adjoint = step.adjoint(1)?.target() {
      terms.transpose.multiply(
        FloatMatrix(step.inputs[0]!, rows: rows, columns: depth), to: adjoint.values, isAdding: adjoint.isAdding)
    }
    step.adjoint(2)?.addRows(values, count: rows)
  }
}

extension Adjoint {
  /// Adds each of so many rows of its own length.
  func addRows(_ rows: UnsafePointer<Float>, count rowCount: Int) {
    let sums = values
    for row in 0..<rowCount {
      let terms = rows + row * count
      for column in 0..<count { sums[column] += terms[column] }
    }
  }
}
