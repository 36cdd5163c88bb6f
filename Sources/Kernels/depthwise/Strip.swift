import KernelContract

/// The part of an image under a block's windows, with zeros for the padding, in which a window's values lie as
/// `kernelRows` runs of `runLength` floats: what the kernel covers of one of the strip's rows. Where no window of the
/// block reaches the padding and the group has all channels, that's the input itself.
struct Strip {
  /// As many kernel rows as a panel's weights for are read at once.
  let rowsAtOnce: Int
  let kernelRows, runLength: Int
  private let window: pf_window
  private let input: Source
  private let inputStride, inputWidth, inputHeight: Int
  private let channels: Int
  /// Of the output: where the block begins in a row, its pixels, and the width of a row.
  private let firstColumn, pixels, outputWidth: Int
  /// Of the input, with padding: the first row and column that the block sees, and how many.
  private let top, left, rows, columns: Int
  private let copied: Target
  private let isInPlace: Bool

  /// Longer runs make long copies of a packed row, and need no strip.
  static func applies(to layer: pf_convolution) -> Bool {
    let window = layer.window
    return window.kernel_height * window.kernel_width > 1 && window.dilation_width == 1
      && Int(window.kernel_width) * Int(layer.group_input_channels) <= Panels.mostValues
  }

  init?(_ layer: pf_convolution, _ block: pf_block, scratch: Target, floats: Int) {
    guard Strip.applies(to: layer) else { return nil }
    window = layer.window
    channels = Int(layer.group_input_channels)
    kernelRows = Int(window.kernel_height)
    runLength = Int(window.kernel_width) * channels
    rowsAtOnce = max(1, Int(PF_TILE_DEPTH) / runLength)
    outputWidth = Int(layer.output_width)
    inputStride = Int(layer.input_stride)
    inputWidth = Int(layer.input_width)
    inputHeight = Int(layer.input_height)
    pixels = Int(block.pixels)
    firstColumn = Int(block.first_pixel) % outputWidth
    let firstRow = Int(block.first_pixel) / outputWidth
    let lastRow = (Int(block.first_pixel) + pixels - 1) / outputWidth
    let image = firstRow / Int(layer.output_height)
    guard lastRow / Int(layer.output_height) == image else { return nil }
    let y = firstRow % Int(layer.output_height)
    let isOneRow = firstRow == lastRow
    let outputColumns = isOneRow ? pixels : outputWidth
    top = y * Int(window.stride_height) - Int(window.pad_top)
    left = (isOneRow ? firstColumn * Int(window.stride_width) : 0) - Int(window.pad_left)
    rows = (lastRow - firstRow) * Int(window.stride_height) + (kernelRows - 1) * Int(window.dilation_height) + 1
    columns = (outputColumns - 1) * Int(window.stride_width) + Int(window.kernel_width)
    isInPlace =
      top >= 0 && left >= 0 && top + rows <= inputHeight && left + columns <= inputWidth && inputStride == channels
    guard isInPlace || rows * columns * channels <= floats else { return nil }
    input = layer.input + image * inputHeight * inputWidth * inputStride + Int(block.group) * channels
    copied = scratch
  }

  func fill() {
    if isInPlace { return }
    let from = min(max(0, -left), columns)
    let until = max(from, min(columns, inputWidth - left))
    for row in 0..<rows {
      let y = top + row
      let to = copied + row * columns * channels
      if y < 0 || y >= inputHeight {
        clear(to, count: columns * channels)
        continue
      }
      clear(to, count: from * channels)
      let source = input + (y * inputWidth + left + from) * inputStride
      if inputStride == channels {
        copy(source, to: to + from * channels, count: (until - from) * channels)
      } else {
        copyRows(
          source, stride: inputStride, to: to + from * channels, stride: channels, rows: until - from, columns: channels
        )
      }
      clear(to + until * channels, count: (columns - until) * channels)
    }
  }

  /// Calls `body` with the windows of the block's pixels, a row of the output at a time, and which of the block's
  /// pixels are the first; of each window some rows of the kernel.
  @inline(__always)
  func forEachRun(kernelRow: Int, rows: Int, _ body: (UnsafePointer<InputRows>, Int) -> Void) {
    let line = (isInPlace ? inputWidth : columns) * channels
    let origin = isInPlace ? input + (top * inputWidth + left) * channels : Source(copied)
    let isOneRow = firstColumn + pixels <= outputWidth
    var pixel = 0
    var outputRow = 0
    var column = firstColumn
    while pixel < pixels {
      let count = min(outputWidth - column, pixels - pixel)
      let x = isOneRow ? 0 : column * Int(window.stride_width)
      let y = outputRow * Int(window.stride_height) + kernelRow * Int(window.dilation_height)
      var windows = InputRows(
        start: origin + y * line + x * channels, stride: Int(window.stride_width) * channels, count: count,
        runs: Runs(depth: runLength, count: rows, gap: Int(window.dilation_height) * line - runLength))
      body(&windows, pixel)
      pixel += count
      column = 0
      outputRow += 1
    }
  }
}
