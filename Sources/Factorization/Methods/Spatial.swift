import PrefactorLinearAlgebra
import PrefactorModelFormat

/// A column of the window to `rank` channels, then a row of it to all outputs (Jaderberg et al. 2014, scheme 2; AIMET's
/// spatial SVD): the low-rank approximation of the weights as a matrix (height, channel) × (filter, width).
struct Spatial: SpectralMethod {
  let name = "spatial"

  func refusal(of layer: DenseLayer) -> String? { layer.refusalOfWindowMethods }

  func hyperparameters(of layer: DenseLayer) -> [Hyperparameter] {
    let full = min(layer[.height] * layer[.channel], layer[.filter] * layer[.width])
    return [Hyperparameter(name: "rank", accepted: 1...full)]
  }

  func chain(for layer: DenseLayer, _ values: [Int]) -> [Factor] {
    [
      .convolution(layer.window.vertical, from: layer[.channel], to: values[0]),
      .convolution(layer.window.horizontal, from: values[0], to: layer[.filter]),
    ]
  }

  func weights(for layer: DenseLayer, _ values: [Int]) throws(LinearAlgebraError) -> ChainWeights {
    let (left, right) = try unfolded(layer).lowRank(values[0])
    let row = right.transpose.reshaped(rows: layer[.filter], columns: layer[.width] * values[0])
    return ChainWeights([left.transpose, row])
  }

  func spectra(of layer: DenseLayer) throws(LinearAlgebraError) -> [[Double]] {
    [try unfolded(layer).squaredSingularValues()]
  }

  private func unfolded(_ layer: DenseLayer) -> Matrix {
    layer.unfolded(rows: [.height, .channel], columns: [.filter, .width])
  }
}

extension Window {
  /// What a window does along the height. Both halves keep the rule of automatic padding, which gives no pads along an
  /// axis where kernel and stride are 1.
  var vertical: Window {
    var result = Window()
    result.kernelHeight = kernelHeight
    result.strideHeight = strideHeight
    result.dilationHeight = dilationHeight
    result.padTop = padTop
    result.padBottom = padBottom
    result.automaticPadding = automaticPadding
    return result
  }

  var horizontal: Window {
    var result = Window()
    result.kernelWidth = kernelWidth
    result.strideWidth = strideWidth
    result.dilationWidth = dilationWidth
    result.padLeft = padLeft
    result.padRight = padRight
    result.automaticPadding = automaticPadding
    return result
  }
}
