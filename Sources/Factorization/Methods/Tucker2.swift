import PrefactorLinearAlgebra

/// 1×1 to `inputRank` channels, the window to `outputRank`, 1×1 to all outputs (Kim et al. 2016): the Tucker
/// decomposition of the weights along channels and filters.
struct Tucker2: SpectralMethod {
  let name = "tucker2"

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

  func chain(for layer: DenseLayer, _ values: [Int]) -> [Factor] {
    [
      .pointwise(from: layer[.channel], to: values[0]),
      .convolution(layer.window, from: values[0], to: values[1]),
      .pointwise(from: values[1], to: layer[.filter]),
    ]
  }

  func weights(for layer: DenseLayer, _ values: [Int]) throws(LinearAlgebraError) -> ChainWeights {
    let positions = layer[.height] * layer[.width]
    let result = try Tucker2Decomposition(
      of: layer.filters, positions: positions, inputRank: values[0], outputRank: values[1])
    return ChainWeights([result.inputs, result.core, result.outputs])
  }

  func spectra(of layer: DenseLayer) throws(LinearAlgebraError) -> [[Double]] {
    let filters = layer.filters
    let pixels = filters.reshaped(rows: layer[.filter] * layer[.height] * layer[.width], columns: layer[.channel])
    return [try pixels.squaredSingularValues(), try filters.squaredSingularValues()]
  }
}
