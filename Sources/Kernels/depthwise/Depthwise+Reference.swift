import KernelContract

func depthwise(_ layer: pf_convolution, _ mixture: pf_mixture, rows: Range<Int>) {
  for y in rows {
    for x in 0..<Int(layer.output_width) where pf_is_cancelled(layer.cancelled) == 0 {
      let multiple = Int(layer.group_output_channels)
      let groups = Int(layer.groups)
      let filters = groups * multiple
      for filter in 0..<filters {
        var sum = 0.0
        layer.forEachTap(y: Int32(y), x: Int32(x)) { tap, input in
          sum +=
            mixture.value(ofGroup: filter / multiple, at: input) * Double(layer.weights.floats[tap * filters + filter])
        }
        layer.finish(sum, pixel: y * Int(layer.output_width) + x, channel: filter)
      }
    }
  }
}

extension pf_mixture {
  fileprivate func value(ofGroup group: Int, at pixel: Source) -> Double {
    let weights: Source? = weights
    let indices: UnsafePointer<Int32>? = indices
    let channel = indices.map { Int($0[group]) } ?? group
    guard let weights else { return Double(pixel[channel]) }
    var sum = 0.0
    for input in 0..<Int(inputs) { sum += Double(pixel[input]) * Double(weights[input * Int(channels) + channel]) }
    return sum
  }
}
