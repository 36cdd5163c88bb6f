import PrefactorLinearAlgebra
import PrefactorModelFormat

/// C = A·B gives dA = dC·Bᵀ and dB = Aᵀ·dC, for each matrix of the output.
struct MatrixProductRule: Rule {
  private let rows: Int, depth: Int, columns: Int
  /// Which of the left and right matrices each of the output's comes from.
  private let left: [Int], right: [Int]
  let inputsRead: [Int]

  init(_ site: Site) throws {
    let left = site.inputs[0]!
    let right = site.inputs[1]!
    let rank = site.output.rank
    (rows, depth, columns) = (site.output[rank - 2], left[left.rank - 1], site.output[rank - 1])
    self.left = try Self.matrices(of: left, in: site.output)
    self.right = try Self.matrices(of: right, in: site.output)
    inputsRead = (site.wants(1) ? [0] : []) + (site.wants(0) ? [1] : [])
  }

  private static func matrices(of operand: Shape, in output: Shape) throws -> [Int] {
    let count = output.count(0..<output.rank - 2)
    var matrices = [Int](repeating: 0, count: count)
    let movement = try DataMovement(expanding: Shape(operand.dims.dropLast(2)), to: Shape(output.dims.dropLast(2)))
    for run in movement.runs {
      for index in 0..<run.count { matrices[run.target + index] = run.source + index * run.step }
    }
    return matrices
  }

  func pullBack(_ step: BackwardStep) {
    for matrix in left.indices {
      let terms = FloatMatrix(step.outputAdjoint.values + matrix * rows * columns, rows: rows, columns: columns)
      if let adjoint = step.adjoint(0)?.values {
        let factor = FloatMatrix(step.inputs[1]! + right[matrix] * depth * columns, rows: depth, columns: columns)
        terms.multiply(factor.transpose, to: adjoint + left[matrix] * rows * depth, isAdding: true)
      }
      if let adjoint = step.adjoint(1)?.values {
        let factor = FloatMatrix(step.inputs[0]! + left[matrix] * rows * depth, rows: rows, columns: depth)
        factor.transpose.multiply(terms, to: adjoint + right[matrix] * depth * columns, isAdding: true)
      }
    }
  }
}
