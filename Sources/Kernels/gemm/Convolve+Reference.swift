import KernelContract

func convolve(_ layer: pf_convolution, _ block: pf_block) {
  let firstChannel = block.first_panel * PF_PANEL_WIDTH
  let endChannel = min(firstChannel + block.panels * PF_PANEL_WIDTH, layer.group_output_channels)
  for pixel in block.first_pixel..<block.first_pixel + block.pixels {
    let row = pixel / layer.output_width
    let x = pixel % layer.output_width
    let image = layer.image(row / layer.output_height)
    for channel in firstChannel..<endChannel where pf_is_cancelled(layer.cancelled) == 0 {
      let sum = image.sum(group: block.group, channel: channel, y: row % layer.output_height, x: x)
      layer.finish(sum, pixel: Int(pixel), channel: Int(block.group * layer.group_output_channels + channel))
    }
  }
}

extension pf_convolution {
  /// The same, reading the image of this number.
  func image(_ number: Int32) -> pf_convolution {
    var image = self
    image.input += Int(number) * Int(input_height) * Int(input_width) * Int(input_stride)
    return image
  }

  func sum(group: Int32, channel: Int32, y: Int32, x: Int32) -> Double {
    let inputs = Int(group_input_channels)
    let outputs = Int(group_output_channels)
    let depth = Int(window.kernel_height) * Int(window.kernel_width) * inputs
    let panelStart = Int(channel) / Int(PF_PANEL_WIDTH) * Int(PF_PANEL_WIDTH)
    let panelWidth = pf_panel_stride(outputs - panelStart)
    let column = Int(group) * pf_panel_floats(depth, outputs) + panelStart * depth + Int(channel) - panelStart
    var sum = 0.0
    forEachTap(y: y, x: x) { tap, input in
      for i in 0..<inputs {
        sum += Double(input[Int(group) * inputs + i]) * Double(weight(column + (tap * inputs + i) * panelWidth))
      }
    }
    return sum
  }

  private func weight(_ index: Int) -> Float {
    weights.type == PF_WEIGHTS_FLOAT16 ? pf_widen(weights.halves[index]) : weights.floats[index]
  }

  /// Calls `body` with each tap inside the input, counted over the whole kernel, and the pixel under it.
  func forEachTap(y: Int32, x: Int32, _ body: (Int, Source) -> Void) {
    for row in 0..<window.kernel_height {
      for column in 0..<window.kernel_width {
        let inputY = y * window.stride_height - window.pad_top + row * window.dilation_height
        let inputX = x * window.stride_width - window.pad_left + column * window.dilation_width
        guard (0..<input_height).contains(inputY), (0..<input_width).contains(inputX) else { continue }
        body(
          Int(row * window.kernel_width + column),
          input + (Int(inputY) * Int(input_width) + Int(inputX)) * Int(input_stride))
      }
    }
  }

  func finish(_ sum: Double, pixel: Int, channel: Int) {
    var value = sum
    if let bias { value += Double(bias[channel]) }
    if let residual { value += Double(residual[pixel * Int(residual_stride) + channel]) }
    output[pixel * Int(output_stride) + channel] = clamp(Float(value), low, high)
  }
}
