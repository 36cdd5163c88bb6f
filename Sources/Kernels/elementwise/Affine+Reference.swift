import KernelContract

func affine(_ step: pf_affine, _ input: Source, _ output: Target, pixels: Int) {
  for pixel in 0..<pixels {
    let input = input + pixel * Int(step.input_stride)
    let output = output + pixel * Int(step.output_stride)
    for channel in 0..<Int(step.channels) {
      let value = Double(input[channel]) * Double(step.scale[channel]) + Double(step.shift[channel])
      output[channel] = clamp(Float(value), step.low, step.high)
    }
  }
}
