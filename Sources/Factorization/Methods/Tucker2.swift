import PrefactorLinearAlgebra

/// 1×1 to `inputRank` channels, the window to `outputRank`, 1×1 to all outputs (Kim et al. 2016): the Tucker decomposition of the
/// weights along channels and filters.
struct Tucker2: SpectralMethod {
  let name = "tucker2"

  func refusal(of layer: DenseLayer) -> String? { layer.refusalOfWindowMethods }

  func hyperparameters(of layer: DenseLayer) -> [Hyperparameter] {
    let positions = layer[.height] * layer[.width]
    let inputs = min(layer[.channel], positions * layer[.filter])
    let outputs = min(layer[.filter], positions * layer[.channel])
    return [Hyperparameter(name: "inputRank", accepted: 1...inputs), Hyperparameter(name: "outputRank", accepted: 1...outputs)]
  }

  func chain(for layer: DenseLayer, _ values: [Int]) -> [Link] {
    [
      .pointwise(from: layer[.channel], to: values[0]),
      .convolution(layer.window, from: values[0], to: values[1]),
      .pointwise(from: values[1], to: layer[.filter]),
    ]
  }

  /// Higher-order orthogonal iteration (De Lathauwer et al. 2000). It starts from the channels' subspace of the weights themselves; each
  /// step is the best subspace for the other one, so that what the core keeps never falls.
  func weights(for layer: DenseLayer, _ values: [Int]) throws(LinearAlgebraError) -> [Matrix] {
    let (inputRank, outputRank) = (values[0], values[1])
    let filters = layer.filters
    let pixels = pixels(filters, of: layer)

    func fit(_ inputs: Matrix) throws(LinearAlgebraError) -> (outputs: Matrix, core: Matrix) {
      let reduced = pixels.timesTranspose(of: inputs)
        .reshaped(rows: layer[.filter], columns: layer[.height] * layer[.width] * inputRank)
      let outputs = try reduced.leftSubspace(rank: outputRank)
      return (outputs, outputs * reduced)
    }

    let total = filters.squaredNorm
    var inputs = try pixels.rightSubspace(rank: inputRank)
    var (outputs, core) = try fit(inputs)
    for _ in 1..<maximumSweeps {
      let keptBefore = core.squaredNorm
      inputs = try self.pixels(outputs * filters, of: layer).rightSubspace(rank: inputRank)
      (outputs, core) = try fit(inputs)
      let kept = core.squaredNorm
      if kept - keptBefore <= negligible * (total - kept) { break }
    }
    return [inputs, core, outputs.transpose]
  }

  /// A sweep gains little after the first few.
  private let maximumSweeps = 8
  /// The part of the squared error below which a sweep's gain ends the iteration.
  private let negligible = 1e-3

  func spectra(of layer: DenseLayer) throws(LinearAlgebraError) -> [[Double]] {
    let filters = layer.filters
    return [try pixels(filters, of: layer).squaredSingularValues(), try filters.squaredSingularValues()]
  }

  /// A row for each position in each filter.
  private func pixels(_ filters: Matrix, of layer: DenseLayer) -> Matrix {
    filters.reshaped(rows: filters.rows * layer[.height] * layer[.width], columns: layer[.channel])
  }
}
