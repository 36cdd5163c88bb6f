import CPrefactor
import PrefactorModelFormat

/// Turns an 8-bit RGB image into a network's input: planes of rows and columns, or rows and columns of pixels.
///
/// Resizing is Pillow's `resize(…, BILINEAR)`, coefficients and roundings included, because the networks that people train saw images
/// resized that way: a triangle filter that widens with the reduction, in 22-bit fixed point, rounded to 8 bits after the rows and again
/// after the columns. Gray is Pillow's "L", made before resizing. Each output pixel walks its own window of the image, so that no
/// intermediate image needs memory; where the image shrinks, that reads a source pixel about four times.
public enum ImageInput {
  /// `rgb` has at least one pixel, and rows `rowBytes` apart; `output` gets `targetHeight` × `targetWidth` pixels, whose channels and which
  /// themselves are so many elements apart.
  public static func write(
    _ rgb: UnsafePointer<UInt8>, width: Int, height: Int, rowBytes: Int, preprocessing: pf_preprocessing, targetWidth: Int,
    targetHeight: Int,
    output: UnsafeMutablePointer<Float>, pixelStride: Int, channelStride: Int
  ) {
    let columns: Axis
    let rows: Axis
    if preprocessing.resize == Int32(PF_RESIZE_SHORTER_SIDE_CROP.rawValue) {
      let side = Double(max(Int(preprocessing.crop), max(targetWidth, targetHeight)))
      let shorter = Double(min(width, height))
      columns = Axis(source: width, resized: (Double(width) * side / shorter).rounded(.down), target: targetWidth)
      rows = Axis(source: height, resized: (Double(height) * side / shorter).rounded(.down), target: targetHeight)
    } else {
      columns = Axis(source: width, resized: Double(targetWidth), target: targetWidth)
      rows = Axis(source: height, resized: Double(targetHeight), target: targetHeight)
    }
    let image = Image(rgb: rgb, rowBytes: rowBytes)
    let bgr = preprocessing.channels == Int32(PF_CHANNELS_BGR.rawValue)
    let gray = preprocessing.channels == Int32(PF_CHANNELS_GRAY.rawValue)
    for x in 0..<targetWidth {
      let column = columns.window(of: x)
      for y in 0..<targetHeight {
        let row = rows.window(of: y)
        let pixel = gray ? image.resized(column, row) { luma($0) } : image.resized(column, row) { $0 }
        let element = output + (y * targetWidth + x) * pixelStride
        element[0] = normalized(bgr ? pixel[2] : pixel[0], preprocessing.mean.0, preprocessing.deviation.0)
        if gray { continue }
        element[channelStride] = normalized(pixel[1], preprocessing.mean.1, preprocessing.deviation.1)
        element[2 * channelStride] = normalized(bgr ? pixel[0] : pixel[2], preprocessing.mean.2, preprocessing.deviation.2)
      }
    }
  }
}

private func luma(_ pixel: SIMD4<Int32>) -> SIMD4<Int32> {
  SIMD4((19595 &* pixel[0] &+ 38470 &* pixel[1] &+ 7471 &* pixel[2] &+ 32768) &>> 16, 0, 0, 0)
}

private func normalized(_ value: Int32, _ mean: Float, _ deviation: Float) -> Float { (Float(value) - mean) / deviation }

/// How the pixels of one side of the output lie on the same side of the image.
private struct Axis {
  private let source: Int
  private let scale: Double
  /// Pixels of the resized image that are cut off before the first.
  private let margin: Double

  /// The middle of the resized image is kept. Sizes and margins are rounded as torchvision does.
  init(source: Int, resized: Double, target: Int) {
    self.source = source
    scale = Double(source) / resized
    margin = ((resized - Double(target)) / 2).rounded(.toNearestOrEven)
  }

  func window(of target: Int) -> Window {
    let support = max(scale, 1)
    let center = (margin + Double(target) + 0.5) * scale
    let first = max(Int(center - support + 0.5), 0)
    return Window(first..<min(Int(center + support + 0.5), source), center: center, support: support)
  }

  /// The pixels of the image that one pixel of the output is made of, and their weights, which sum up to 1 in fixed point.
  struct Window {
    static let fractionBits: Int32 = 22
    let pixels: Range<Int>
    private let center: Double, support: Double
    private var unit = 1.0

    init(_ pixels: Range<Int>, center: Double, support: Double) {
      self.pixels = pixels
      self.center = center
      self.support = support
      var sum = 0.0
      for pixel in pixels { sum += triangle(pixel) }
      unit = Double(1 << Self.fractionBits) / sum
    }

    func weight(_ pixel: Int) -> Int32 { Int32(triangle(pixel) * unit + 0.5) }

    private func triangle(_ pixel: Int) -> Double { max(1 - abs((Double(pixel) - center + 0.5) / support), 0) }
  }
}

private struct Image {
  let rgb: UnsafePointer<UInt8>
  let rowBytes: Int

  /// One pixel of the resized image. Overflow wraps: weights sum up to 1, so that only their own rounding can reach it.
  @inline(__always)
  func resized(_ columns: Axis.Window, _ rows: Axis.Window, _ channels: (SIMD4<Int32>) -> SIMD4<Int32>) -> SIMD4<Int32> {
    var result = half
    for y in rows.pixels {
      let row = rgb + y * rowBytes
      var sum = half
      for x in columns.pixels {
        let pixel = SIMD4(Int32(row[3 * x]), Int32(row[3 * x + 1]), Int32(row[3 * x + 2]), 0)
        sum &+= channels(pixel) &* SIMD4(repeating: columns.weight(x))
      }
      result &+= rounded(sum) &* SIMD4(repeating: rows.weight(y))
    }
    return rounded(result)
  }

  private var half: SIMD4<Int32> { SIMD4(repeating: 1 << (Axis.Window.fractionBits - 1)) }

  private func rounded(_ sum: SIMD4<Int32>) -> SIMD4<Int32> {
    (sum &>> Axis.Window.fractionBits).clamped(lowerBound: .zero, upperBound: SIMD4(repeating: 255))
  }
}
