import KernelContract

func pool(_ layer: pf_pool, firstRow: Int, rows: Int) {
  for y in Int32(firstRow)..<Int32(firstRow + rows) {
    for x in 0..<layer.output_width where pf_is_cancelled(layer.cancelled) == 0 {
      for channel in 0..<Int(layer.channels) {
        let pixel = Int(y) * Int(layer.output_width) + Int(x)
        layer.output[pixel * Int(layer.output_stride) + channel] = pool(layer, y: y, x: x, channel: channel)
      }
    }
  }
}

private func pool(_ layer: pf_pool, y: Int32, x: Int32, channel: Int) -> Float {
  let window = layer.window
  var largest = -Float.infinity
  var sum = 0.0
  var counted = 0
  for row in 0..<window.kernel_height where pf_is_cancelled(layer.cancelled) == 0 {
    for column in 0..<window.kernel_width {
      let inputY = y * window.stride_height - window.pad_top + row * window.dilation_height
      let inputX = x * window.stride_width - window.pad_left + column * window.dilation_width
      if (0..<layer.input_height).contains(inputY) && (0..<layer.input_width).contains(inputX) {
        let value = layer.input[
          (Int(inputY) * Int(layer.input_width) + Int(inputX)) * Int(layer.input_stride) + channel]
        largest = larger(largest, value)
        sum += Double(value)
        counted += 1
      } else if layer.include_pad != 0, inputY < layer.input_height + layer.pad_bottom,
        inputX < layer.input_width + layer.pad_right
      {
        counted += 1
      }
    }
  }
  if layer.kind == Int32(PF_POOL_MAX.rawValue) { return largest }
  return counted > 0 ? Float(sum / Double(counted)) : 0
}
