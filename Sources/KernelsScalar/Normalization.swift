import CShims
import KernelContract

func lrn(_ layer: pf_lrn, _ input: Source, _ output: Target, pixels: Int) {
  let channels = Int(layer.channels), size = Int(layer.size)
  for pixel in 0..<pixels {
    for channel in 0..<channels {
      let first = max(0, channel - (size - 1) / 2), end = min(channels, channel + size / 2 + 1)
      var sum = 0.0
      for i in first..<end { sum += Double(input[pixel * channels + i]) * Double(input[pixel * channels + i]) }
      let scale = Double(layer.bias) + Double(layer.alpha) / Double(size) * sum
      output[pixel * channels + channel] = input[pixel * channels + channel] / shim_powf(Float(scale), layer.beta)
    }
  }
}

func softmax(_ input: Source, _ output: Target, rows: Int, count: Int, logarithm: Bool) {
  for row in 0..<rows {
    let input = input + row * count, output = output + row * count
    var largest = -Float.infinity
    for i in 0..<count { largest = max(largest, input[i]) }
    var sum = 0.0
    for i in 0..<count { sum += Double(shim_expf(input[i] - largest)) }
    for i in 0..<count {
      output[i] = logarithm ? input[i] - largest - shim_logf(Float(sum)) : Float(Double(shim_expf(input[i] - largest)) / sum)
    }
  }
}
