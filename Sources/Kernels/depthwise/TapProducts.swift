import KernelContract

/// A block of a convolution much of whose windows is padding, as with a dilation about as wide as the image: each tap
/// is a product of its own, of the pixels under whose windows it lies inside the input. The sums stay in the output in
/// between.
///
/// A pixel's taps come in the order of k, so that its sum is the one over all of its window, of which only zeros are
/// left out.
struct TapProducts {
  private let window: pf_window
  private let channels: Int
  private let input: Source
  private let inputStride: Int
  private let inputHeight, inputWidth, outputHeight, outputWidth: Int32
  private let firstPixel, pixels: Int
  private let cancelled: UnsafePointer<Int64>?

  /// What loading and storing the sums of a tap takes, and products of few pixels, in values of k.
  private static let overhead = 24.0

  /// The share of the windows inside the input up to which this is faster. Images much of whose windows is padding
  /// without dilation are small, and so are the runs of pixels under a tap.
  private static func largestShare(_ window: pf_window) -> Double { window.dilation_width > 1 ? 0.8 : 0.6 }

  static func pay(for layer: pf_convolution) -> Bool {
    var layer = layer
    return pf_share_inside(&layer) * (1 + overhead / Double(layer.group_input_channels)) < largestShare(layer.window)
  }

  /// Whole rows, since others would cut the runs of pixels, in blocks of nearly equal size.
  static func blockPixels(_ layer: pf_convolution, atMost most: Int) -> Int {
    let width = Int(layer.output_width)
    let lines = Int(layer.images) * Int(layer.output_height)
    if width > most { return most }
    let blocks = (lines + most / width - 1) / (most / width)
    return (lines + blocks - 1) / blocks * width
  }

  init(_ layer: pf_convolution, _ block: pf_block) {
    window = layer.window
    channels = Int(layer.group_input_channels)
    input = layer.input + Int(block.group) * channels
    inputStride = Int(layer.input_stride)
    inputHeight = layer.input_height
    inputWidth = layer.input_width
    outputHeight = layer.output_height
    outputWidth = layer.output_width
    firstPixel = Int(block.first_pixel)
    pixels = Int(block.pixels)
    cancelled = layer.cancelled
  }

  func multiply(_ panels: Panels, _ range: Range<Int>, packed: Target) {
    let taps = Int(window.kernel_height) * Int(window.kernel_width)
    var first = 0
    var last = taps - 1
    while first < last && pixels(under: first) == 0 { first += 1 }
    while last > first && pixels(under: last) == 0 { last -= 1 }
    // Where the first or the last tap is not all pixels', products of nothing begin or end the sums.
    let beginsAll = pixels(under: first) == pixels
    let endsAll = pixels(under: last) == pixels
    var nothing = InputRows(start: Source(packed), stride: 0, count: pixels, depth: 0)
    if !beginsAll {
      for panel in range {
        panels.multiply(
          &nothing, row: 0, panels.weights(panel, k: 0, values: 0, rows: pixels, begins: true, ends: false))
      }
    }
    let chunks = (channels + Int(PF_TILE_DEPTH) - 1) / Int(PF_TILE_DEPTH)
    let chunk = ((channels + chunks - 1) / chunks + 15) & ~15
    for tap in first...last where pixels(under: tap) > 0 {
      for channel in stride(from: 0, to: channels, by: chunk) where pf_is_cancelled(cancelled) == 0 {
        let depth = min(chunk, channels - channel)
        let k = tap * channels + channel
        pack(tap, channel, depth: depth, to: packed)
        let begins = beginsAll && tap == first && channel == 0
        let ends = endsAll && tap == last && channel + depth == channels
        for panel in range {
          let weights = panels.weights(panel, k: k, values: depth, rows: pixels, begins: begins, ends: ends)
          forEachRun(under: tap, joinsRows: true) { pixel, count, step in
            let stride = Int(PF_TILE_STRIDE)
            var rows = InputRows(start: packed + pixel * stride, stride: step * stride, count: count, depth: depth)
            panels.multiply(&rows, row: pixel, step: step, weights)
          }
        }
      }
    }
    if !endsAll {
      for panel in range {
        panels.multiply(
          &nothing, row: 0, panels.weights(panel, k: 0, values: 0, rows: pixels, begins: false, ends: true))
      }
    }
  }

  /// Copies some channels of what a tap lies on under each pixel to that pixel's packed row.
  private func pack(_ tap: Int, _ channel: Int, depth: Int, to packed: Target) {
    let width = Int(outputWidth)
    let height = Int(outputHeight)
    let line = Int(inputWidth) * inputStride
    let down = tap / Int(window.kernel_width) * Int(window.dilation_height) - Int(window.pad_top)
    let right = tap % Int(window.kernel_width) * Int(window.dilation_width) - Int(window.pad_left)
    forEachRun(under: tap, joinsRows: false) { pixel, count, step in
      let row = (firstPixel + pixel) / width
      let x = (firstPixel + pixel) % width
      let place = (row / height * Int(inputHeight) + row % height * Int(window.stride_height) + down) * line
      copyPixels(
        input + place + (x * Int(window.stride_width) + right) * inputStride + channel,
        stride: step == 1 ? Int(window.stride_width) * inputStride : Int(window.stride_height) * line,
        to: packed + pixel * Int(PF_TILE_STRIDE), stride: step * Int(PF_TILE_STRIDE), count: count, depth: depth)
    }
  }

  private func pixels(under tap: Int) -> Int {
    var sum = 0
    forEachRun(under: tap, joinsRows: true) { _, count, _ in sum += count }
    return sum
  }

  /// Calls `body` with runs of the block's pixels that have a tap inside the input: the first, how many, and the step
  /// from one to the next. Where these are a narrow part of several rows, pixels below each other make longer runs than
  /// those beside each other, with a step of a row.
  @inline(__always)
  private func forEachRun(under tap: Int, joinsRows: Bool, _ body: (_ pixel: Int, _ count: Int, _ step: Int) -> Void) {
    let row = tap / Int(window.kernel_width)
    let column = tap % Int(window.kernel_width)
    let rows = window.outputRows(row, of: inputHeight, outputs: outputHeight)
    let columns = window.outputColumns(column, of: inputWidth, outputs: outputWidth)
    let width = Int(outputWidth)
    let height = Int(outputHeight)
    var y = firstPixel / width % height
    // Of a row of the output, where it begins among the block's pixels.
    var line = -(firstPixel % width)
    if line == 0 && pixels % width == 0 && y + pixels / width <= height {
      let first = max(rows.lowerBound - y, 0)
      let count = min(rows.upperBound - y, pixels / width) - first
      if columns.count < min(count, width) {
        for x in columns { body(first * width + x, count, width) }
        return
      }
    }
    var first = 0
    var end = 0
    while line < pixels {
      let from = max(0, line + columns.lowerBound)
      let until = min(pixels, line + columns.upperBound)
      if rows.contains(y) && from < until {
        if from > end || !joinsRows {
          if first < end { body(first, end - first, 1) }
          first = from
        }
        end = until
      }
      line += width
      y = y + 1 == height ? 0 : y + 1
    }
    if first < end { body(first, end - first, 1) }
  }
}
