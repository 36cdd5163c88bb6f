import KernelContract

/// The windows of a row of output pixels.
struct WindowRow {
  let window: pf_window
  /// The first column of the first row that lies inside the input.
  private let line: Source
  private let rows: Taps
  private let inputStride, rowStep: Int
  private let inputWidth: Int32
  private let outputWidth: Int
  /// The pixels whose windows no side of the input cuts.
  private let whole: Range<Int>

  init(
    _ window: pf_window, y: Int, input: Source, inputHeight: Int32, inputWidth: Int32, inputStride: Int64,
    outputWidth: Int32
  ) {
    self.window = window
    rows = window.rows(at: y, of: inputHeight)
    let row = Int(inputWidth) * Int(inputStride)
    line = input + rows.position(rows.first) * row
    rowStep = Int(window.dilation_height) * row
    self.inputStride = Int(inputStride)
    self.inputWidth = inputWidth
    self.outputWidth = Int(outputWidth)
    let stride = Int(window.stride_width)
    let pad = Int(window.pad_left)
    let span = Int(window.dilation_width) * (Int(window.kernel_width) - 1) + 1
    let first = min((pad + stride - 1) / stride, Int(outputWidth))
    let room = Int(inputWidth) + pad - span
    whole = first..<max(first, min(Int(outputWidth), room < 0 ? 0 : room / stride + 1))
  }

  /// Calls `tile` with the first of `count` neighbouring pixels that see all columns, and `pixel` with others. Some may
  /// come twice.
  @inline(__always)
  func forEach(inTilesOf count: Int, tile: (Int, WindowTaps) -> Void, pixel: (Int, WindowTaps) -> Void) {
    var x = 0
    while x < outputWidth {
      let left = x < whole.lowerBound ? 0 : whole.upperBound - x
      if count > 1 && left >= 2 && whole.count >= count {
        x = min(x, whole.upperBound - count)
        tile(
          x, taps(origin: x * Int(window.stride_width) - Int(window.pad_left), columns: 0..<Int(window.kernel_width)))
        x += count
      } else {
        let columns = window.columns(at: x, of: inputWidth)
        pixel(x, taps(origin: columns.origin, columns: columns.first..<columns.end))
        x += 1
      }
    }
  }

  @inline(__always)
  private func taps(origin: Int, columns: Range<Int>) -> WindowTaps {
    let columnStep = Int(window.dilation_width) * inputStride
    return WindowTaps(
      first: line + origin * inputStride + columns.lowerBound * columnStep, inputStride: inputStride,
      columnStep: columnStep, rowStep: rowStep,
      pixelStep: Int(window.stride_width) * inputStride, rows: columns.isEmpty ? 0 : rows.end - rows.first,
      columns: columns.count,
      firstTap: rows.first * Int(window.kernel_width) + columns.lowerBound, kernelWidth: Int(window.kernel_width))
  }
}

/// The taps of a window inside the input, and of its neighbours' windows.
struct WindowTaps {
  private(set) var first: Source
  let inputStride: Int
  /// Floats from a tap to the next of its row, to the one below it, and to the same tap of the next pixel.
  let columnStep, rowStep, pixelStep: Int
  private(set) var rows: Int
  let columns: Int
  /// The number of the first tap in the kernel.
  private(set) var firstTap: Int
  let kernelWidth: Int

  /// Taps that take no longer than some microseconds.
  private static let mostTapsAtOnce = 4096

  /// Calls `body` with all taps or, where those are many, row by row, as long as the run is not cancelled.
  @inline(__always)
  func forEachPart(_ cancelled: UnsafePointer<Int64>?, _ body: (WindowTaps) -> Void) {
    var part = self
    part.rows = rows &* columns <= WindowTaps.mostTapsAtOnce ? rows : 1
    var left = rows
    while left > 0 {
      if left > part.rows, pf_is_cancelled(cancelled) != 0 { return }
      body(part)
      left -= part.rows
      part.first += part.rows &* rowStep
      part.firstTap += part.rows &* kernelWidth
    }
  }

  /// Calls `body` with each tap of each of `count` pixels. Where the kernel's width and stride are known when this is
  /// built, the optimizer sees which taps of neighbours are the same input, and loads it once.
  @inline(__always)
  func forEach<let count: Int, let columns: Int, let stride: Int>(
    _: KnownWindow<count, columns, stride>, _ body: (_ pixel: Int, _ input: Source, _ tap: Int) -> Void
  ) {
    var line = first
    var tap = firstTap
    for _ in 0..<rows {
      if columns > 0 {
        for pixel in 0..<count {
          for column in 0..<columns { body(pixel, line + (pixel &* stride &+ column) &* inputStride, tap &+ column) }
        }
      } else {
        var at = line
        for column in 0..<self.columns {
          for pixel in 0..<count { body(pixel, at + pixel &* pixelStep, tap &+ column) }
          at += columnStep
        }
      }
      line += rowStep
      tap += kernelWidth
    }
  }
}

/// `count` pixels whose windows are `columns` wide and `stride` apart, without dilation; of any kind with 0 columns.
struct KnownWindow<let count: Int, let columns: Int, let stride: Int> {}

/// Work on the pixels of an output row.
protocol WindowKernel {
  func apply<let count: Int, let columns: Int, let stride: Int>(
    _ window: KnownWindow<count, columns, stride>, _ taps: WindowTaps, at x: Int)
}

extension WindowRow {
  /// Applies a kernel to all pixels, four at a time where it asks for that and no side cuts their windows.
  @inline(__always)
  func apply(_ kernel: some WindowKernel, inTiles: Bool) {
    forEach(inTilesOf: inTiles ? 4 : 1) { x, taps in
      kernel.apply(KnownWindow<4, 0, 0>(), taps, at: x)
    } pixel: { x, taps in
      kernel.apply(KnownWindow<1, 0, 0>(), taps, at: x)
    }
  }

  /// The same for work that gains from knowing the kernel's width: a few common ones.
  @inline(__always)
  func applyKnowingWidth(_ kernel: some WindowKernel) {
    let isPlain = window.dilation_width == 1
    forEach(inTilesOf: 4) { x, taps in
      switch (taps.columns, window.stride_width) {
      case (3, 1) where isPlain: kernel.apply(KnownWindow<4, 3, 1>(), taps, at: x)
      case (3, 2) where isPlain: kernel.apply(KnownWindow<4, 3, 2>(), taps, at: x)
      case (5, 1) where isPlain: kernel.apply(KnownWindow<4, 5, 1>(), taps, at: x)
      case (5, 2) where isPlain: kernel.apply(KnownWindow<4, 5, 2>(), taps, at: x)
      default: kernel.apply(KnownWindow<4, 0, 0>(), taps, at: x)
      }
    } pixel: { x, taps in
      switch taps.columns {
      case 2 where isPlain: kernel.apply(KnownWindow<1, 2, 0>(), taps, at: x)
      case 3 where isPlain: kernel.apply(KnownWindow<1, 3, 0>(), taps, at: x)
      default: kernel.apply(KnownWindow<1, 0, 0>(), taps, at: x)
      }
    }
  }
}

extension ChannelKernel {
  /// A single pixel in wide blocks. The sums of four, the inputs and the weights of a row of taps fit into 16 registers
  /// as single vectors, and into 32 as pairs.
  func apply<let count: Int, let columns: Int, let stride: Int>(
    to channels: Range<Int>, as _: KnownWindow<count, columns, stride>
  ) {
    if count == 1 {
      apply(inBlocksOf: VectorBlock.self, from: channels.lowerBound, to: channels.upperBound)
    } else if Vector.lanes == 16 {
      apply(inBlocksOf: VectorPair.self, from: channels.lowerBound, to: channels.upperBound)
    } else {
      apply(inBlocksOf: Vector.self, from: channels.lowerBound, to: channels.upperBound)
    }
  }
}
