import KernelContract

/// Copies the input under the windows of a block's pixels into rows, k running as in the weights.
struct Packing {
  private let window: pf_window
  private let input: Source
  let inputStride: Int
  private let height, width, outputHeight, outputWidth: Int32
  private let channels: Int
  /// A run is a stretch of k that is contiguous in the input: the channels of one tap, or a kernel row of them where
  /// nothing lies between taps.
  private let runLength, tapsPerRun, runsPerRow: Int

  init(_ layer: pf_convolution, group: Int) {
    window = layer.window
    height = layer.input_height
    width = layer.input_width
    outputHeight = layer.output_height
    outputWidth = layer.output_width
    channels = Int(layer.group_input_channels)
    input = layer.input + group * channels
    inputStride = Int(layer.input_stride)
    tapsPerRun = window.dilation_width == 1 && inputStride == channels ? Int(window.kernel_width) : 1
    runLength = tapsPerRun * channels
    runsPerRow = Int(window.kernel_width) / tapsPerRun
  }

  /// The first of the rows in which the values of a block's pixels already lie, `inputStride` apart, if they do and
  /// reading them there is as fast. Longer or further rows could all fall into the same few sets of the first-level
  /// cache.
  func rowsInPlace(firstPixel: Int, pixels: Int) -> InputRows? {
    guard window.isPointwise && outputWidth == width && outputHeight == height else { return nil }
    guard pixels == 1 || channels <= Panels.mostValues && inputStride <= 3 * Int(PF_TILE_DEPTH) else { return nil }
    return InputRows(start: input + firstPixel * inputStride, stride: inputStride, count: pixels, depth: channels)
  }

  /// Packs values `k ..< k + depth` of each pixel, one row of the target a pixel.
  func pack(firstPixel: Int, pixels: Int, k: Int, depth: Int, to target: Target, stride: Int) {
    let firstRun = k / runLength
    let firstOffset = k % runLength
    let firstRow = firstPixel / Int(outputWidth)
    var y = firstRow % Int(outputHeight)
    var x = firstPixel % Int(outputWidth)
    let imageStep = Int(height) * Int(width) * inputStride
    var input = input + firstRow / Int(outputHeight) * imageStep
    for pixel in 0..<pixels {
      let rows = window.rows(at: y, of: height)
      let columns = window.columns(at: x, of: width)
      let isWhole = rows.end - rows.first == window.kernel_height && columns.end - columns.first == window.kernel_width
      var kernelRow = firstRun / runsPerRow
      var runInRow = firstRun % runsPerRow
      var offset = firstOffset
      var to = target + pixel * stride
      let end = to + depth
      while to < end {
        let count = min(runLength - offset, end - to)
        let tap = runInRow * tapsPerRun
        let source = input + (rows.position(kernelRow) * Int(width) + columns.position(tap)) * inputStride + offset
        if isWhole {
          copy(source, to: to, count: count)
        } else {
          let isInside = kernelRow >= rows.first && kernelRow < rows.end
          let from = isInside ? min(max(columns.first - tap, 0), tapsPerRun) * channels : runLength
          let until = isInside ? max(min(columns.end - tap, tapsPerRun), 0) * channels : runLength
          copyInside(source, to: to, count: count, from: from - offset, until: until - offset)
        }
        to += count
        offset = 0
        runInRow += 1
        if runInRow == runsPerRow {
          runInRow = 0
          kernelRow += 1
        }
      }
      x += 1
      if x == Int(outputWidth) {
        x = 0
        y += 1
        if y == Int(outputHeight) {
          y = 0
          input += imageStep
        }
      }
    }
  }

  /// Copies floats `from ..< until` of `count`, and puts zeros for the others.
  private func copyInside(_ source: Source, to target: Target, count: Int, from: Int, until: Int) {
    let from = min(max(from, 0), count)
    let until = max(min(until, count), from)
    clear(target, count: from)
    copy(source + from, to: target + from, count: until - from)
    clear(target + until, count: count - until)
  }
}

/// Fetches ahead: pixels of many channels lie too far apart for the processor to foresee them.
@inline(never)
func copyPixels(
  _ source: Source, stride: Int, to target: Target, stride targetStride: Int, count: Int, depth: Int
) {
  var source = source
  var target = target
  for _ in 0..<count {
    for i in Swift.stride(from: 0, to: depth, by: cacheLine) { pf_prefetch(source + 2 * stride + i) }
    copy(source, to: target, count: depth)
    source += stride
    target += targetStride
  }
}
