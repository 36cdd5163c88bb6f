import KernelContract

func pool(_ layer: pf_pool, firstRow: Int, rows: Int) {
  let window = layer.window
  for y in firstRow..<firstRow + rows {
    let tapRows = window.rows(at: y, of: layer.input_height)
    for x in 0..<Int(layer.output_width) {
      let tapColumns = window.columns(at: x, of: layer.input_width)
      let pixels = WindowPixels(
        tapRows, tapColumns, kernelWidth: window.kernel_width,
        input: layer.input, inputWidth: layer.input_width, inputStride: layer.input_stride)
      let output: Target = layer.output + (y * Int(layer.output_width) + x) * Int(layer.output_stride)
      if layer.kind == Int32(PF_POOL_MAX.rawValue) {
        Maximum(window: pixels, output: output).apply(to: Int(layer.channels))
      } else {
        Average(window: pixels, divisor: divisor(layer, tapRows, tapColumns), output: output).apply(to: Int(layer.channels))
      }
    }
  }
}

/// Taps that an average counts: those inside the input or, with `include_pad`, inside the padded input.
@inline(__always)
private func divisor(_ layer: pf_pool, _ rows: Taps, _ columns: Taps) -> Float {
  guard layer.include_pad != 0 else { return Float((rows.end - rows.first) * (columns.end - columns.first)) }
  let height = rows.count(upTo: layer.input_height + layer.pad_bottom, of: layer.window.kernel_height)
  let width = columns.count(upTo: layer.input_width + layer.pad_right, of: layer.window.kernel_width)
  return Float(height * width)
}

private struct Maximum: ChannelKernel {
  let window: WindowPixels
  let output: Target

  @inline(__always)
  func apply<L: Lanes>(_: L.Type, at channel: Int) {
    var largest = L(-.infinity)
    window.forEach { pixel, _ in largest = largest.max(L(from: pixel + channel)) }
    largest.store(to: output + channel)
  }
}

private struct Average: ChannelKernel {
  let window: WindowPixels
  let divisor: Float
  let output: Target

  @inline(__always)
  func apply<L: Lanes>(_: L.Type, at channel: Int) {
    var sum = L(0)
    window.forEach { pixel, _ in sum = sum + L(from: pixel + channel) }
    (sum / L(divisor)).store(to: output + channel)
  }
}
