import PrefactorLinearAlgebra

extension ChainPart {
  /// Weights nearer to the best ones than these are, and the squares of the errors before and after. Preconditioned
  /// conjugate gradients (Hestenes and Stiefel 1952) on JᵀMJ·V = JᵀM·W, where J makes filters of weights V.
  func fitted(to filters: Matrix, _ metric: ErrorMetric) throws(LinearAlgebraError) -> (
    weights: Matrix, before: Double, after: Double
  ) {
    var solution = weights
    let change = self.filters(weights).subtracting(filters)
    let form = metric.definiteForm(change)
    let before = inner(change, form)
    var error = before
    var rest = adjoint(form).scaled(by: -1)
    let preconditioner = try Preconditioner(self, metric)
    var scaled = preconditioner.applied(to: rest)
    var slope = inner(rest, scaled)
    var direction = scaled
    for _ in 0..<Self.maximumSteps {
      // What is left to gain is about half the slope if the preconditioner is good.
      guard slope > Self.negligible * error, slope.isFinite else { break }
      let step = self.filters(direction)
      let formOfStep = metric.definiteForm(step)
      let curvature = inner(step, formOfStep)
      guard curvature > 0 else { break }
      let length = slope / curvature
      solution = solution.adding(direction, times: length)
      error -= length * slope
      rest = rest.adding(adjoint(formOfStep), times: -length)
      scaled = preconditioner.applied(to: rest)
      let slopeBefore = slope
      slope = inner(rest, scaled)
      direction = scaled.adding(direction, times: slope / slopeBefore)
    }
    return (solution, before, error)
  }

  private static let maximumSteps = 10
  /// The part of the squared error that is not worth a step.
  private static let negligible = 1e-4
}

/// For each block of a factor's weights, the inverse of (what comes after) ⊗ (what is read): their Kronecker product is
/// JᵀMJ itself for the last factor of a chain, and near it for others (compare Martens and Grosse 2015, "K-FAC").
struct Preconditioner {
  private let blocks: [(filters: Range<Int>, outputs: SideScaling, inputs: SideScaling)]

  /// The inverse of one, which is symmetric.
  private enum SideScaling {
    case diagonal([Double])
    case full(Matrix)

    /// rows · factor
    func applied(to rows: Matrix) -> Matrix {
      switch self {
      case .diagonal(let factors): rows.scalingColumns(factors)
      case .full(let inverse): rows * inverse
      }
    }
  }

  init(_ part: ChainPart, _ metric: ErrorMetric) throws(LinearAlgebraError) {
    let outputs = part.outputForm(metric)
    let reads = part.rowsRead(metric)
    let rowWeights = metric.rowWeights
    var blocks: [(filters: Range<Int>, outputs: SideScaling, inputs: SideScaling)] = []
    for block in part.factor.blocks {
      let own = Array(block.filters)
      let output: SideScaling
      if let outputs {
        output = .full(try outputs.selecting(rows: own).selecting(columns: own).definiteInverse)
      } else {
        output = .diagonal(own.map { 1 / (rowWeights?[part.rows[$0]] ?? 1) })
      }
      let input: SideScaling
      if let weights = part.diagonalOfInputs(metric, block.channels) {
        input = .diagonal(weights.map { 1 / $0 })
      } else {
        input = .full(try part.inputForm(metric, reads, block.channels).definiteInverse)
      }
      blocks.append((block.filters, output, input))
    }
    self.blocks = blocks
  }

  func applied(to gradient: Matrix) -> Matrix {
    let results = blocks.map { block in
      let own = gradient.selecting(rows: Array(block.filters))
      return block.outputs.applied(to: block.inputs.applied(to: own).transpose).transpose
    }
    return .stacked(results)
  }
}

extension ChainPart {
  /// afterᵀ · after, the rows of the layer's filters counted as the metric does: o × o. Nil where nothing comes after,
  /// and it is diagonal.
  fileprivate func outputForm(_ metric: ErrorMetric) -> Matrix? {
    guard let after else { return nil }
    guard let weights = metric.rowWeights else { return after.columnGram }
    let roots = rows.flatMap { row in Array(repeating: weights[row].squareRoot(), count: positionsAfter) }
    return after.transpose.scalingColumns(roots).rowGram
  }

  /// The filters' columns that (pᵥ, i) reads through what comes before, at each position after: nil where they are the
  /// channels themselves.
  fileprivate func rowsRead(_ metric: ErrorMetric) -> [(rows: Matrix, form: Matrix)]? {
    guard let before else { return nil }
    let size = columns[0].count * positionsAfter
    let count = columns[0].count / positions
    return columns.map { columns in
      var rows = Matrix(rows: positions * before.rows, columns: size)
      for position in 0..<positions {
        for input in 0..<before.rows {
          for index in 0..<count {
            rows[position * before.rows + input, columns[position * count + index]] = before[input, index]
          }
        }
      }
      return (rows, metric.formOfRows(rows))
    }
  }

  /// The mean over the positions after.
  fileprivate func inputForm(_ metric: ErrorMetric, _ reads: [(rows: Matrix, form: Matrix)]?, _ channels: Range<Int>)
    -> Matrix
  {
    let own = (0..<positions).flatMap { position in channels.map { position * factor.channels + $0 } }
    var sum = Matrix(rows: own.count, columns: own.count)
    for position in 0..<positionsAfter {
      if let reads {
        sum = sum.adding(
          reads[position].rows.selecting(rows: own).timesTranspose(of: reads[position].form.selecting(rows: own)),
          times: 1)
      } else {
        sum = sum.adding(
          metric.block(own.map { columns[position][$0] }, of: columns.count * columns[0].count), times: 1)
      }
    }
    return sum.scaled(by: 1 / Double(positionsAfter))
  }

  /// The same where it is diagonal.
  fileprivate func diagonalOfInputs(_ metric: ErrorMetric, _ channels: Range<Int>) -> [Double]? {
    guard before == nil, let weights = metric.columnWeights(columns.count * columns[0].count) else { return nil }
    return (0..<positions).flatMap { position in
      channels.map { channel in
        columns.reduce(0) { $0 + weights[$1[position * factor.channels + channel]] } / Double(positionsAfter)
      }
    }
  }
}

extension Matrix {
  /// The inverse of a positive semidefinite matrix to whose diagonal is added what rounding could make of it.
  fileprivate var definiteInverse: Matrix {
    get throws(LinearAlgebraError) {
      var matrix = self
      let least = max(trace / Double(rows), .leastNormalMagnitude) * 1e-9
      for index in 0..<rows { matrix[index, index] += least }
      return try Matrix.diagonal([Double](repeating: 1, count: rows)).divided(by: matrix)
    }
  }
}
