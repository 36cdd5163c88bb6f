import KernelContract

/// How the output of a ``MixedDepthwise`` is divided, and its scratch.
struct MixedLayout {
  /// Vectors of filters.
  let vectors: Int
  let outputWidth: Int
  /// Outputs of a tile, and of a strip's row: a whole number of tiles.
  let tilePixels, stripPixels: Int
  let stripRows, stripColumns: Int
  let hasStrips: Bool
  /// Whether all filters read one strip.
  let sharesStrip: Bool
  private let inputs, taps: Int

  /// Of a first-level cache of 32 KB.
  private static let stripVectors = (28 << 10) / vectorBytes
  /// For windows so large that strips of them make no sense.
  private static let mostVectors = (1 << 20) / vectorBytes
  private static let vectorBytes = Vector.lanes * MemoryLayout<Float>.stride

  init(_ layer: pf_convolution, _ mixture: pf_mixture) {
    let window = layer.window
    let stride = Int(window.stride_width)
    inputs = Int(mixture.inputs)
    taps = Int(window.kernel_height) * Int(window.kernel_width)
    vectors = (Int(layer.groups * layer.group_output_channels) + Vector.lanes - 1) / Vector.lanes
    outputWidth = Int(layer.output_width)
    tilePixels = outputWidth >= widePixels ? widePixels : outputWidth >= narrowPixels ? narrowPixels : 1
    stripRows = (Int(window.kernel_height) - 1) * Int(window.dilation_height) + 1
    let span = (Int(window.kernel_width) - 1) * Int(window.dilation_width) + 1
    let room = max(0, MixedLayout.stripVectors / stripRows - span) / stride + 1
    let most = max(1, min(room, outputWidth) / tilePixels) * tilePixels
    let strips = (outputWidth + most - 1) / most
    let even = (outputWidth + strips - 1) / strips
    stripPixels = min((even + tilePixels - 1) / tilePixels * tilePixels, outputWidth / tilePixels * tilePixels)
    stripColumns = (stripPixels - 1) * stride + span
    hasStrips = stripRows <= MixedLayout.mostVectors / stripColumns && taps <= MixedLayout.mostVectors
    sharesStrip =
      permutesLanes && hasStrips && Int(mixture.channels) <= Vector.lanes && taps <= MixedLayout.mostVectors / vectors
  }

  /// Vectors of filters whose weights the scratch has at once.
  var vectorsAtOnce: Int { sharesStrip ? vectors : 1 }

  /// Of the scratch, in floats: what mixes the input's channels comes first, then the indices of channels.
  var indices: Int { inputs * Vector.lanes }
  var weights: Int { indices + vectorsAtOnce * Vector.lanes }
  var strip: Int { weights + (hasStrips ? vectorsAtOnce * taps * Vector.lanes : 0) }
  var scratch: Int { strip + (hasStrips ? stripRows * stripColumns * Vector.lanes : 0) }
}

func depthwiseScratch(_ layer: pf_convolution, _ mixture: pf_mixture?) -> Int {
  if mixture == nil && layer.group_output_channels == 1 { return 0 }
  return MixedLayout(layer, mixture ?? layer.ownChannels).scratch * MemoryLayout<Float>.stride
}

extension pf_convolution {
  /// Of a depthwise convolution whose groups read the input's channels as they lie there.
  var ownChannels: pf_mixture {
    var mixture = pf_mixture()
    mixture.channels = groups
    return mixture
  }
}
