import KernelContract

/// What lies in a strip for a pixel: a vector of channels, each one of the input's or a sum over some.
struct PixelSpread {
  /// For each channel of the input a vector of weights; nil where nothing is mixed.
  private let weights: Source?
  private let inputs: Int
  /// Which of the input's channels lanes are, counted from the first of them, and how many there are up to the last.
  private let first, span: Int
  private let indices: LaneIndices

  /// Of the channels with these numbers. The scratch has room for a vector of weights for each channel of the input.
  init(_ mixture: pf_mixture, _ channels: LaneIndices, scratch: Target) {
    let source: Source? = mixture.weights
    inputs = source == nil ? 0 : Int(mixture.inputs)
    for input in 0..<inputs {
      for lane in 0..<Vector.lanes {
        scratch[input * Vector.lanes + lane] = source![input * Int(mixture.channels) + Int(channels[lane])]
      }
    }
    weights = source.map { _ in Source(scratch) }
    var (least, most) = (channels[0], channels[0])
    for lane in 1..<Vector.lanes { (least, most) = (min(least, channels[lane]), max(most, channels[lane])) }
    (first, span) = (Int(least), Int(most - least) + 1)
    indices = channels &- LaneIndices(repeating: least)
  }

  /// Of `count` pixels.
  func fill(_ target: Target, from pixel: Source, stride: Int, count: Int) {
    if weights != nil {
      if inputs == 3 {
        fillMixing(KnownInputs<3>(), target, pixel, stride, count)
      } else {
        fillMixing(target, pixel, stride, count)
      }
    } else if span <= Vector.lanes {
      fill(target, pixel, stride, count) { pf_spread($0 + first, Int32(truncatingIfNeeded: span), indices) }
    } else {
      fill(target, pixel, stride, count) { pf_pick($0 + first, indices) }
    }
  }

  func load(_ pixel: Source) -> Vector { weights == nil ? pf_pick(pixel + first, indices) : mixed(pixel) }

  @inline(__always)
  private func fill(_ target: Target, _ pixel: Source, _ stride: Int, _ count: Int, _ load: (Source) -> Vector) {
    for i in 0..<count { load(pixel + i &* stride).store(to: target + i &* Vector.lanes) }
  }

  @inline(__always)
  private func mixed(_ pixel: Source) -> Vector {
    var sum = Vector(from: weights!) * Vector(pixel[0])
    for input in 1..<inputs {
      sum = Vector.multiplyAdd(Vector(pixel[input]), Vector(from: weights! + input &* Vector.lanes), sum)
    }
    return sum
  }

  /// Two pixels at a time, for each vector of weights; the last may be the one before it.
  @inline(__always)
  private func fillMixing(_ target: Target, _ pixel: Source, _ stride: Int, _ count: Int) {
    for i in Swift.stride(from: 0, to: count, by: 2) {
      let other = min(i &+ 1, count &- 1)
      let first = pixel + i &* stride
      let second = pixel + other &* stride
      let weight = Vector(from: weights!)
      var sums = (weight * Vector(first[0]), weight * Vector(second[0]))
      for input in 1..<inputs {
        let weight = Vector(from: weights! + input &* Vector.lanes)
        sums = (
          Vector.multiplyAdd(Vector(first[input]), weight, sums.0),
          Vector.multiplyAdd(Vector(second[input]), weight, sums.1)
        )
      }
      sums.0.store(to: target + i &* Vector.lanes)
      sums.1.store(to: target + other &* Vector.lanes)
    }
  }

  /// The weights in registers.
  @inline(__always)
  private func fillMixing<let inputs: Int>(
    _: KnownInputs<inputs>, _ target: Target, _ pixel: Source, _ stride: Int, _ count: Int
  ) {
    var vectors = InlineArray<inputs, Vector>(repeating: Vector(0))
    for input in 0..<inputs { vectors[input] = Vector(from: weights! + input &* Vector.lanes) }
    fill(target, pixel, stride, count) { pixel in
      var sum = vectors[0] * Vector(pixel[0])
      for input in 1..<inputs { sum = Vector.multiplyAdd(Vector(pixel[input]), vectors[input], sum) }
      return sum
    }
  }
}

private struct KnownInputs<let inputs: Int> {}
