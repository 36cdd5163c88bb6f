import KernelContract

/// Local response normalization across channels. The output may not be the input, whose neighbouring channels are read
/// again.
func lrn(_ layer: pf_lrn, _ input: Source, _ output: Target, pixels: Int) {
  for pixel in 0..<pixels where pf_is_cancelled(layer.cancelled) == 0 {
    let pixel = NormalizedPixel(
      layer: layer, channels: Int(layer.channels), size: Int(layer.size),
      input: input + pixel * Int(layer.input_stride),
      output: output + pixel * Int(layer.output_stride))
    if layer.size == 5 { pixel.normalizeAcrossFive() } else { pixel.normalize() }
  }
}

/// Squares that are summed without looking whether the run is cancelled.
private let mostSummed = 4096

private struct NormalizedPixel {
  let layer: pf_lrn
  let channels, size: Int
  let input: Source
  let output: Target

  /// The size that networks use: each square is computed once, and its neighbours come from registers. Outside the
  /// channels are zeros.
  @inline(__always)
  func normalizeAcrossFive() {
    var before = Vector(0)
    var x = Vector(from: input, upTo: channels)
    var squares = x * x
    for channel in stride(from: 0, to: channels, by: Vector.lanes) {
      let left = channels - channel
      let next =
        left > Vector.lanes ? Vector(from: input + channel + Vector.lanes, upTo: left - Vector.lanes) : Vector(0)
      let after = next * next
      let inner = pf_from_last(before, squares) + squares + pf_from_1(squares, after)
      let sums = pf_from_last_but_1(before, squares) + inner + pf_from_2(squares, after)
      (x / denominator(sums)).store(to: output + channel, upTo: left)
      before = squares
      squares = after
      x = next
    }
  }

  @inline(__always)
  func normalize() {
    // Channels whose windows lie inside.
    let firstWhole = (size - 1) / 2
    let endWhole = channels - size / 2
    var channel = 0
    while channel < channels {
      if size > mostSummed, pf_is_cancelled(layer.cancelled) != 0 { return }
      if channel >= firstWhole && channel < endWhole && endWhole - firstWhole >= Vector.lanes {
        channel = min(channel, endWhole - Vector.lanes)
        normalizeWhole(at: channel)
        channel += Vector.lanes
      } else {
        let end = channel < firstWhole ? min(firstWhole, channels) : channels
        let count = min(end - channel, size > mostSummed ? 1 : Vector.lanes)
        normalizeEdge(at: channel, count: count)
        channel += count
      }
    }
  }

  /// A vector of channels whose windows lie inside.
  @inline(__always)
  private func normalizeWhole(at channel: Int) {
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
  private func normalizeEdge(at channel: Int, count: Int) {
    var sums = Vector(0)
    for lane in 0..<count {
      let first = channel + lane - (size - 1) / 2
      var sum: Float = 0
      for i in max(first, 0)..<min(first + size, channels) { sum = Float.multiplyAdd(input[i], input[i], sum) }
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
