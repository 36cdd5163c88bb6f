// Which pixels of an image make a pixel of another size, and with what weights: Pillow's `precompute_coeffs` and
// `normalize_coeffs_8bpc` of its bilinear filter, operation by operation, so that every weight is the same.
import KernelContract

extension pf_image_axis {
  func window(of pixel: Int) -> ImageWindow {
    let support = max(scale, 1)
    let center = (margin + Double(pixel) + 0.5) * scale
    let first = max(Int(center - support + 0.5), 0)
    return ImageWindow(first..<min(Int(center + support + 0.5), Int(source)), center: center, support: support)
  }
}

/// Pixels of one side of an image and their weights, which sum up to 1 but for rounding.
struct ImageWindow {
  /// Without those at the ends that weigh nothing. With the rest no pixel is in more than two windows where the image
  /// shrinks, and none has more than two where it grows.
  private(set) var pixels: Range<Int>
  private let center, inverseSupport: Double
  private var sum = 0.0

  init(_ pixels: Range<Int>, center: Double, support: Double) {
    self.pixels = pixels
    self.center = center
    inverseSupport = 1 / support
    for pixel in pixels { sum += triangle(pixel) }
    while weight(self.pixels.lowerBound) == 0 { self.pixels = self.pixels.lowerBound + 1..<pixels.upperBound }
    while weight(self.pixels.upperBound - 1) == 0 { self.pixels = self.pixels.lowerBound..<self.pixels.upperBound - 1 }
  }

  /// In fixed point; 0 outside.
  @inline(__always)
  func weight(_ pixel: Int) -> Int32 {
    pixels.contains(pixel) ? Int32(triangle(pixel) / sum * Double(1 << PF_WEIGHT_BITS) + 0.5) : 0
  }

  @inline(__always)
  private func triangle(_ pixel: Int) -> Double { max(1 - abs((Double(pixel) - center + 0.5) * inverseSupport), 0) }
}
