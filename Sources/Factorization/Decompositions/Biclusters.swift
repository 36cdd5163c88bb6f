import PrefactorLinearAlgebra

/// A layer's channels and its filters, each in clusters of equal size, and the blocks of weights between them (Denton
/// et al. 2014).
struct Biclusters {
  let inputs: [[Int]]
  let outputs: [[Int]]
  private let layer: DenseLayer

  init(of layer: DenseLayer, inputs inputCount: Int, outputs outputCount: Int) {
    let channels = layer.unfolded(rows: [.channel], columns: [.filter, .height, .width])
    inputs = BalancedClusters.best(channels.similarityOfRows, count: inputCount)
    outputs = BalancedClusters.best(layer.filters.similarityOfRows, count: outputCount)
    self.layer = layer
  }

  /// A block as (inputs → window → outputs): a matrix with a row for each number in between, one with a row of
  /// (positions, those that it reads) for each after the window, and one with a row for each filter.
  typealias Parts = (inputs: Matrix, window: Matrix, outputs: Matrix)

  /// The weights of a chain of three factors: all blocks' inputs, ordered by output cluster and then input cluster;
  /// their windows; and for each output cluster the sum of its blocks.
  func chain(_ factor: (_ block: Matrix) throws(LinearAlgebraError) -> Parts) throws(LinearAlgebraError)
    -> ChainWeights
  {
    let filters = layer.filters
    let channels = layer[.channel]
    var factors: [[Matrix]] = [[], [], []]
    for outputCluster in outputs {
      let rows = filters.selecting(rows: outputCluster)
      var sums: [Matrix] = []
      for inputCluster in inputs {
        let columns = (0..<layer[.height] * layer[.width]).flatMap { position in
          inputCluster.map { position * channels + $0 }
        }
        let parts = try factor(rows.selecting(columns: columns))
        factors[0].append(parts.inputs)
        factors[1].append(parts.window)
        sums.append(parts.outputs)
      }
      factors[2].append(.joined(sums))
    }
    return ChainWeights(
      factors.map(Matrix.stacked), inputOrders: [inputs.flatMap { $0 }], outputOrder: outputs.flatMap { $0 })
  }
}
