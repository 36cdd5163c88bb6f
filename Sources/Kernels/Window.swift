import KernelContract

/// The taps of a window that lie inside the input along one axis.
struct Taps {
  /// Where tap 0 lies; outside the input when negative.
  let origin, dilation: Int
  private(set) var first = 0, end = 0

  @inline(__always)
  init(at output: Int, stride: Int32, pad: Int32, dilation: Int32, kernel: Int32, extent: Int32) {
    origin = output * Int(stride) - Int(pad)
    self.dilation = Int(dilation)
    if origin < 0 { first = Taps.covering(-origin, self.dilation) }
    end = max(first, count(upTo: extent, of: kernel))
  }

  /// Taps it takes to cover `length`. Dilation is nearly always 1, and a division nearly always the dearest step here.
  @inline(__always)
  static func covering(_ length: Int, _ dilation: Int) -> Int {
    dilation == 1 || length <= 0 ? length : (length + dilation - 1) / dilation
  }

  /// Taps before `end`, a position that may lie beyond the input.
  @inline(__always)
  func count(upTo end: Int32, of kernel: Int32) -> Int {
    max(0, min(Int(kernel), Taps.covering(Int(end) - origin, dilation)))
  }

  @inline(__always)
  func position(_ tap: Int) -> Int { origin + tap * dilation }
}

extension pf_window {
  /// Each output pixel sees just the input pixel with its own number, given images of the same size.
  var isPointwise: Bool {
    kernel_height == 1 && kernel_width == 1 && stride_height == 1 && stride_width == 1 && pad_top == 0 && pad_left == 0
  }

  @inline(__always)
  func rows(at output: Int, of height: Int32) -> Taps {
    Taps(at: output, stride: stride_height, pad: pad_top, dilation: dilation_height, kernel: kernel_height, extent: height)
  }

  @inline(__always)
  func columns(at output: Int, of width: Int32) -> Taps {
    Taps(at: output, stride: stride_width, pad: pad_left, dilation: dilation_width, kernel: kernel_width, extent: width)
  }
}

/// The input pixels under one output pixel's window.
struct WindowPixels {
  private let first: Source
  private let columnStep, rowStep: Int
  private let firstTap, kernelWidth: Int
  private let width, height: Int

  init(_ rows: Taps, _ columns: Taps, kernelWidth: Int32, input: Source, inputWidth: Int32, inputStride: Int64) {
    let row = Int(inputWidth) * Int(inputStride)
    first = input + rows.position(rows.first) * row + columns.position(columns.first) * Int(inputStride)
    columnStep = columns.dilation * Int(inputStride)
    rowStep = rows.dilation * row
    firstTap = rows.first * Int(kernelWidth) + columns.first
    self.kernelWidth = Int(kernelWidth)
    width = columns.end - columns.first
    height = width == 0 ? 0 : rows.end - rows.first
  }

  /// Calls `body` with each pixel and the number of its tap in the kernel. A flat loop: kernels are so small that a loop over columns
  /// within one over rows would spend its time starting.
  @inline(__always)
  func forEach(_ body: (Source, Int) -> Void) {
    var pixel = first
    var tap = firstTap
    var column = 0, row = 0
    while row < height {
      body(pixel, tap)
      pixel += columnStep
      tap += 1
      column += 1
      if column == width {
        pixel += rowStep - width * columnStep
        tap += kernelWidth - width
        column = 0
        row += 1
      }
    }
  }
}
