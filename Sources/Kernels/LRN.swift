import KernelContract

/// Local response normalisation across channels. The output may not be the input, whose neighbouring channels are read again.
func lrn(_ layer: pf_lrn, _ input: Source, _ output: Target, pixels: Int) {
  let channels = Int(layer.channels), size = Int(layer.size)
  // Channels whose windows lie inside.
  let firstWhole = (size - 1) / 2, endWhole = channels - size / 2
  for pixel in 0..<pixels {
    let pixel = NormalizedPixel(layer: layer, input: input + pixel * channels, output: output + pixel * channels)
    var channel = 0
    while channel < channels {
      if channel >= firstWhole && channel < endWhole && endWhole - firstWhole >= Vector.lanes {
        channel = min(channel, endWhole - Vector.lanes)
        pixel.normalizeWhole(at: channel)
        channel += Vector.lanes
      } else {
        let end = channel < firstWhole ? min(firstWhole, channels) : channels
        let count = min(end - channel, Vector.lanes)
        pixel.normalizeEdge(at: channel, count: count)
        channel += count
      }
    }
  }
}

private struct NormalizedPixel {
  let layer: pf_lrn
  let input: Source
  let output: Target

  private var size: Int { Int(layer.size) }

  /// A vector of channels whose windows lie inside.
  @inline(__always)
  func normalizeWhole(at channel: Int) {
    let first = channel - (size - 1) / 2
    var sums = Vector(0)
    for i in first..<first + size {
      let x = Vector(from: input + i)
      sums = Vector.multiplyAdd(x, x, sums)
    }
    (Vector(from: input + channel) / denominator(sums)).store(to: output + channel)
  }

  /// Channels whose windows may be cut at either end.
  @inline(__always)
  func normalizeEdge(at channel: Int, count: Int) {
    var sums = Vector(0)
    for lane in 0..<count {
      let first = channel + lane - (size - 1) / 2
      var sum: Float = 0
      for i in max(first, 0)..<min(first + size, Int(layer.channels)) { sum = Float.multiplyAdd(input[i], input[i], sum) }
      sums[lane] = sum
    }
    (Vector(from: input + channel, upTo: count) / denominator(sums)).store(to: output + channel, upTo: count)
  }

  @inline(__always)
  private func denominator(_ sums: Vector) -> Vector {
    let x = Vector.multiplyAdd(sums, Vector(layer.alpha / Float(size)), Vector(layer.bias))
    // β is 3/4 in every network that uses this.
    guard layer.beta == 0.75 else { return exp(log(x) * Vector(layer.beta)) }
    let root = pf_square_root(x)
    return root * pf_square_root(root)
  }
}
