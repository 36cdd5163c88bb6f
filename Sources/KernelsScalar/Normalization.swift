import CShims
import KernelContract

func lrn(_ layer: pf_lrn, _ input: Source, _ output: Target, pixels: Int) {
  let channels = Int(layer.channels)
  let size = Int(layer.size)
  for pixel in 0..<pixels {
    let input = input + pixel * Int(layer.input_stride)
    let output = output + pixel * Int(layer.output_stride)
    for channel in 0..<channels where pf_is_cancelled(layer.cancelled) == 0 {
      let first = max(0, channel - (size - 1) / 2)
      let end = min(channels, channel + size / 2 + 1)
      var sum = 0.0
      for i in first..<end { sum += Double(input[i]) * Double(input[i]) }
      let scale = Double(layer.bias) + Double(layer.alpha) / Double(size) * sum
      output[channel] = input[channel] / shim_powf(Float(scale), layer.beta)
    }
  }
}

func scaleShift(_ step: pf_scale_shift, _ input: Source, _ output: Target, pixels: Int) {
  for pixel in 0..<pixels {
    let input = input + pixel * Int(step.input_stride)
    let output = output + pixel * Int(step.output_stride)
    for channel in 0..<Int(step.channels) {
      let value = Double(input[channel]) * Double(step.scale[channel]) + Double(step.shift[channel])
      output[channel] = clamp(Float(value), step.low, step.high)
    }
  }
}

func softmax(
  _ input: Source, _ output: Target, rows: Int, count: Int, logarithm: Bool, cancelled: UnsafePointer<Int64>?
) {
  for row in 0..<rows {
    let input = input + row * count
    let output = output + row * count
    var largest = -Float.infinity
    for i in 0..<count {
      if pf_is_cancelled(cancelled) != 0 { return }
      largest = max(largest, input[i])
    }
    var sum = 0.0
    for i in 0..<count {
      if pf_is_cancelled(cancelled) != 0 { return }
      sum += Double(shim_expf(input[i] - largest))
    }
    for i in 0..<count {
      if pf_is_cancelled(cancelled) != 0 { return }
      output[i] =
        logarithm ? input[i] - largest - shim_logf(Float(sum)) : Float(Double(shim_expf(input[i] - largest)) / sum)
    }
  }
}
