import PrefactorLinearAlgebra
import PrefactorModelFormat

/// A column of the window to `rank` channels, then a row of it to all outputs (Jaderberg et al. 2014, scheme 2; AIMET's
/// spatial SVD): the low-rank approximation of the weights as a matrix (height, channel) × (filter, width).
struct Spatial: SpectralMethod, RankMethod {
  let name = "spatial"

  var rank = 1

  func refusal(of layer: DenseLayer) -> String? { layer.refusalOfWindowMethods }

  func fullRank(of layer: DenseLayer) -> Int {
    min(layer[.height] * layer[.channel], layer[.filter] * layer[.width])
  }

  func chain(for layer: DenseLayer) -> [Factor] {
    [
      .convolution(layer.window.vertical, from: layer[.channel], to: rank),
      .convolution(layer.window.horizontal, from: rank, to: layer[.filter]),
    ]
  }

  func weights(for layer: DenseLayer) throws(LinearAlgebraError) -> ChainWeights {
    let (left, right) = try unfolded(layer).lowRank(rank)
    let row = right.transpose.reshaped(rows: layer[.filter], columns: layer[.width] * rank)
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
