import KernelContract

/// A block of a convolution with gaps between its taps, of few channels: what lies under the kernel's rows is read in
/// place, for as many pixels beside each other as have the same of its taps inside the input. Those in the padding cost
/// nothing.
///
/// A pixel's values come in the order of k, so that its sum is the one over all of its window, of which only zeros are
/// left out.
struct KernelRows {
  private let layer: pf_convolution
  private let block: pf_block
  /// The group's input, and floats from pixel to pixel of it.
  private let input: Source
  private let inputStride: Int

  /// Reads the group's pixels where they lie, or copies those of the block's image to `packed`.
  init(_ layer: pf_convolution, _ block: pf_block, packed: Target) {
    self.layer = layer
    self.block = block
    let channels = Int(layer.group_input_channels)
    let stride = Int(layer.input_stride)
    let outputs = Int(layer.output_height) * Int(layer.output_width)
    let image = Int(block.first_pixel) / outputs
    let source = layer.input + Int(block.group) * channels
    guard KernelRows.packImages(of: layer), Int(block.first_pixel + block.pixels) <= (image + 1) * outputs else {
      input = source
      inputStride = stride
      return
    }
    let pixels = Int(layer.input_height) * Int(layer.input_width)
    copyPixels(
      source + image * pixels * stride, stride: stride, to: packed, stride: channels, count: pixels, depth: channels)
    input = Source(packed) - image * pixels * channels
    inputStride = channels
  }

  /// The pixels of one of several groups lie so far apart that few of their cache lines stay in a cache, and each tap
  /// would fetch them again. A copy stays in the second-level cache.
  static func packImages(of layer: pf_convolution) -> Bool {
    let pixels = Int(layer.input_height) * Int(layer.input_width)
    return layer.groups > 1 && Int(layer.images) * Int(layer.groups) >= fewestImages
      && pixels * Int(layer.group_input_channels) <= largestBlock * Int(PF_TILE_STRIDE)
      && Int(layer.output_width) <= largestBlock
  }

  /// Images of groups, each of which is one block, that keep threads busy.
  private static let fewestImages = 16

  /// A row of more values has weights that leave the first-level cache from tile to tile.
  static func apply(to layer: pf_convolution) -> Bool {
    layer.window.dilation_width > 1
      && Int(layer.window.kernel_width) * Int(layer.group_input_channels) <= Int(PF_TILE_DEPTH)
  }

  func multiply(_ panels: Panels, _ range: Range<Int>) {
    for panel in range {
      var x = 0
      while x < Int(layer.output_width) {
        if pf_is_cancelled(layer.cancelled) != 0 { return }
        let taps = layer.window.columns(at: x, of: layer.input_width)
        let end = end(of: taps)
        multiply(panels, panel, columns: x..<end, taps)
        x = end
      }
    }
  }

  /// The first pixel of a row that has one more tap inside the input, or one less.
  private func end(of taps: Taps) -> Int {
    let width = Int(layer.output_width)
    let before = taps.first > 0 ? outputs(taps.first - 1).lowerBound : width
    let after = taps.end > 0 ? outputs(taps.end - 1).upperBound : width
    return min(before, after)
  }

  private func outputs(_ tap: Int) -> Range<Int> {
    layer.window.outputColumns(tap, of: layer.input_width, outputs: layer.output_width)
  }

  /// Some columns of all of the block's rows.
  private func multiply(_ panels: Panels, _ panel: Int, columns: Range<Int>, _ taps: Taps) {
    let window = layer.window
    let channels = Int(layer.group_input_channels)
    let pixelStep = Int(window.stride_width) * inputStride
    let tapStep = Int(window.dilation_width) * inputStride
    let inputLine = Int(layer.input_width) * inputStride
    let kernelWidth = Int(window.kernel_width)
    let rowsAtOnce = Panels.mostValues / (kernelWidth * channels)
    let width = Int(layer.output_width)
    let height = Int(layer.output_height)
    let pixels = Int(block.pixels)
    let input = input + taps.position(taps.first) * inputStride
    var row = Int(block.first_pixel) / width
    // Where a row of the output begins among the block's pixels.
    var line = row * width - Int(block.first_pixel)
    while line < pixels {
      let first = max(0, line + columns.lowerBound)
      let count = min(pixels, line + columns.upperBound) - first
      let rows = window.rows(at: row % height, of: layer.input_height)
      // Where none is inside, a product of nothing.
      let inside = rows.first < rows.end ? taps.end - taps.first : 0
      let end = inside > 0 ? rows.end : rows.first + 1
      for kernelRow in stride(from: rows.first, to: end, by: rowsAtOnce) where count > 0 {
        let kernelRows = min(rowsAtOnce, end - kernelRow)
        let weights = panels.weights(
          panel, k: (kernelRow * kernelWidth + taps.first) * channels,
          values: ((kernelRows - 1) * kernelWidth + inside) * channels, rows: 2,
          begins: kernelRow == rows.first, ends: kernelRow + kernelRows == end)
        let inputRow = row / height * Int(layer.input_height) + rows.position(kernelRow)
        let runs = Runs(
          depth: channels, count: inside, gap: tapStep - channels, kernelRows: kernelRows,
          kernelRowGap: Int(window.dilation_height) * inputLine - inside * tapStep,
          weightsGap: (kernelWidth - inside) * channels)
        var values = InputRows(
          start: input + inputRow * inputLine + (first - line - columns.lowerBound) * pixelStep, stride: pixelStep,
          count: count, runs: runs)
        panels.multiply(&values, row: first, weights)
      }
      line += width
      row += 1
    }
  }
}
