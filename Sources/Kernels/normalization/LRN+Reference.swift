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
