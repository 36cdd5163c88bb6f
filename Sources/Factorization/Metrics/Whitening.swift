import PrefactorGraph
import PrefactorLinearAlgebra

/// A change of the basis in which a layer's filters are written, so that the Frobenius norm there is near the metric,
/// and what a method finds without knowing the metric is a good start.
///
/// It is of what the chain's first factor reads and of each output's scale, and undone in the weights of the first and
/// the last factor, so that every method's form survives. Weights for single elements, divided out again, would leave
/// nothing of it.
struct Whitening {
  private let layer: DenseLayer
  private let factor: Factor
  /// For each position that the first factor does not look at, the columns of the filters that it reads.
  private let columns: [[Int]]
  private let basis: Basis
  private let rowScales: [Double]

  private enum Basis {
    /// Lower triangular L, where LLᵀ is the metric's form on all that the factor reads.
    case factor(Matrix)
    /// Of each element that it reads.
    case scales([Double])
  }

  /// `chain` is what will take the layer's place.
  init(of layer: DenseLayer, chain: [Factor], _ metric: ErrorMetric) throws(LinearAlgebraError) {
    (self.layer, factor) = (layer, chain[0])
    func offsets(_ height: Int, _ width: Int) -> [Int] {
      (0..<height).flatMap { y in (0..<width).map { x in (y * layer[.width] + x) * layer[.channel] } }
    }
    let own = offsets(factor.kernelHeight, factor.kernelWidth)
    let others = offsets(layer[.height] / factor.kernelHeight, layer[.width] / factor.kernelWidth)
    let columns = others.map { other in own.flatMap { own in (0..<layer[.channel]).map { other + own + $0 } } }
    let count = columns[0].count * columns.count

    // Which channels a group reads is not known before the weights are, so that nothing can be told apart there but
    // channels.
    if factor.groups == 1, metric.columnWeights(count) == nil {
      var form = Matrix(rows: columns[0].count, columns: columns[0].count)
      for columns in columns { form = form.adding(metric.block(columns, of: count), times: 1 / Double(others.count)) }
      basis = .factor(try form.choleskyFactor)
    } else {
      var squares = metric.diagonal(count)
      if factor.groups > 1 {
        for channel in 0..<layer[.channel] {
          let all = stride(from: channel, to: count, by: layer[.channel])
          let mean = all.reduce(0) { $0 + squares[$1] } / Double(count / layer[.channel])
          for column in all { squares[column] = mean }
        }
      }
      basis = .scales(
        columns[0].indices.map { index in
          (columns.reduce(0) { $0 + squares[$1[index]] } / Double(columns.count)).squareRoot()
        })
    }
    self.columns = columns
    rowScales = metric.rowWeights?.map { $0.squareRoot() } ?? Array(repeating: 1, count: layer[.filter])
  }

  /// The layer in the new basis.
  var whitened: DenseLayer {
    let filters = layer.filters.transpose.scalingColumns(rowScales).transpose
    var result = filters
    for columns in columns {
      let read = filters.selecting(columns: columns)
      let changed =
        switch basis {
        case .factor(let factor): read * factor
        case .scales(let scales): read.scalingColumns(scales)
        }
      for row in 0..<filters.rows {
        for (index, column) in columns.enumerated() { result[row, column] = changed[row, index] }
      }
    }
    return layer.with(Tensor(layer.weights.dims, result.elements.map(Float.init)))
  }

  /// A chain for ``whitened``, in the layer's own basis.
  func undone(in chain: ChainWeights) throws(LinearAlgebraError) -> ChainWeights {
    var factors = chain.factors
    switch basis {
    case .factor(let factor): factors[0] = factors[0].divided(byLower: factor)
    case .scales(let scales):
      let order = chain.inputOrders[0] ?? Array(0..<layer[.channel])
      let depth = factor.weightDims.last!
      for block in factor.blocks {
        for filter in block.filters {
          for column in 0..<factors[0].columns {
            let channel = order[block.channels.lowerBound + column % depth]
            factors[0][filter, column] /= scales[column / depth * layer[.channel] + channel]
          }
        }
      }
    }
    let last = factors.count - 1
    let order = chain.outputOrder ?? Array(0..<layer[.filter])
    factors[last] = factors[last].transpose.scalingColumns(order.map { 1 / rowScales[$0] }).transpose
    return ChainWeights(factors, inputOrders: chain.inputOrders, outputOrder: chain.outputOrder)
  }
}
