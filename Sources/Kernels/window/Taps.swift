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
    Taps(
      at: output, stride: stride_height, pad: pad_top, dilation: dilation_height, kernel: kernel_height, extent: height)
  }

  @inline(__always)
  func columns(at output: Int, of width: Int32) -> Taps {
    Taps(at: output, stride: stride_width, pad: pad_left, dilation: dilation_width, kernel: kernel_width, extent: width)
  }

  func outputRows(_ tap: Int, of extent: Int32, outputs: Int32) -> Range<Int> {
    pf_window.outputs(
      stride: stride_height, place: Int32(truncatingIfNeeded: tap) &* dilation_height &- pad_top, of: extent,
      outputs: outputs)
  }

  func outputColumns(_ tap: Int, of extent: Int32, outputs: Int32) -> Range<Int> {
    pf_window.outputs(
      stride: stride_width, place: Int32(truncatingIfNeeded: tap) &* dilation_width &- pad_left, of: extent,
      outputs: outputs)
  }

  /// The outputs along an axis for which a tap lies inside the input, where it lies in such a place for the first.
  private static func outputs(stride: Int32, place: Int32, of extent: Int32, outputs: Int32) -> Range<Int> {
    Int(
      pf_outputs_before(outputs, stride, -Int64(place)))..<Int(
        pf_outputs_before(outputs, stride, Int64(extent) - Int64(place)))
  }
}
