import PrefactorLinearAlgebra

/// 1×1 to `inputRank` channels, the window to `outputRank`, 1×1 to all outputs (Kim et al. 2016): the Tucker
/// decomposition of the weights along channels and filters.
struct Tucker2: SpectralMethod {
  let name = "tucker2"

  var inputRank = 1, outputRank = 1

  var values: [Int] {
    get { [inputRank, outputRank] }
    set { (inputRank, outputRank) = (newValue[0], newValue[1]) }
  }

  func refusal(of layer: DenseLayer) -> String? { layer.refusalOfWindowMethods }

  func hyperparameters(of layer: DenseLayer) -> [Hyperparameter] {
    let positions = layer[.height] * layer[.width]
    let inputs = min(layer[.channel], positions * layer[.filter])
    let outputs = min(layer[.filter], positions * layer[.channel])
    return [
      Hyperparameter(name: "inputRank", accepted: 1...inputs),
      Hyperparameter(name: "outputRank", accepted: 1...outputs),
    ]
  }

  func chain(for layer: DenseLayer) -> [Factor] {
    [
      .pointwise(from: layer[.channel], to: inputRank),
      .convolution(layer.window, from: inputRank, to: outputRank),
      .pointwise(from: outputRank, to: layer[.filter]),
    ]
  }

  func weights(for layer: DenseLayer) throws(LinearAlgebraError) -> ChainWeights {
    let positions = layer[.height] * layer[.width]
    let result = try Tucker2Decomposition(
      of: layer.filters, positions: positions, inputRank: inputRank, outputRank: outputRank)
    return ChainWeights([result.inputs, result.core, result.outputs])
  }

  func spectra(of layer: DenseLayer) throws(LinearAlgebraError) -> [[Double]] {
    let filters = layer.filters
    let pixels = filters.reshaped(rows: layer[.filter] * layer[.height] * layer[.width], columns: layer[.channel])
    return [try pixels.squaredSingularValues(), try filters.squaredSingularValues()]
  }
}
