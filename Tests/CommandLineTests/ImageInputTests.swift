import CPrefactor
import PrefactorRuntime
import XCTest

/// Expectations are Pillow 13's, for the same 7 × 5 pixels.
final class ImageInputTests: XCTestCase {
  private let width = 7, height = 5

  private var image: [UInt8] {
    var bytes: [UInt8] = []
    for y in 0..<height {
      for x in 0..<width {
        let pixel: [Int] = [37 * x + 91 * y, 29 * x * y, 255 - 17 * x - 5 * y]
        bytes += pixel.map { UInt8(truncatingIfNeeded: $0) }
      }
    }
    return bytes
  }

  private func planes(
    _ targetWidth: Int, _ targetHeight: Int, resize: pf_resize = PF_RESIZE_STRETCH, crop: Int32 = 0,
    channels: pf_channels = PF_CHANNELS_RGB,
    mean: (Float, Float, Float) = (0, 0, 0), deviation: (Float, Float, Float) = (1, 1, 1)
  ) -> [Float] {
    let preprocessing = pf_preprocessing(
      struct_size: MemoryLayout<pf_preprocessing>.size, width: Int32(targetWidth), height: Int32(targetHeight),
      resize: Int32(resize.rawValue), crop: crop,
      channels: Int32(channels.rawValue), mean: mean,
      deviation: deviation, layout: 0)
    var output = [Float](repeating: .nan, count: targetWidth * targetHeight * (channels == PF_CHANNELS_GRAY ? 1 : 3))
    var kernels = try! KernelSet.choose().kernels
    let scratch = UnsafeMutableRawPointer.allocate(
      byteCount: max(kernels.image_scratch(Int32(targetWidth)), 1), alignment: 64)
    defer { scratch.deallocate() }
    image.withUnsafeBufferPointer { pixels in
      output.withUnsafeMutableBufferPointer { output in
        ImageInput(
          pixels.baseAddress!, width: width, height: height, rowBytes: 3 * width, preprocessing: preprocessing,
          targetWidth: targetWidth,
          targetHeight: targetHeight, output: output.baseAddress!, pixelStride: 1,
          channelStride: targetWidth * targetHeight
        ).write(rows: 0..<targetHeight, &kernels, scratch: scratch)
      }
    }
    return output
  }

  func testReduction() {
    XCTAssertEqual(planes(3, 2), [99, 129, 129, 106, 118, 128, 25, 75, 88, 75, 121, 114, 235, 199, 163, 225, 189, 153])
  }

  func testGrayEnlargement() {
    XCTAssertEqual(
      planes(9, 6, channels: PF_CHANNELS_GRAY),
      [
        29, 35, 42, 49, 56, 64, 71, 78, 84, 49, 64, 81, 98, 115, 132, 117, 109, 123, 71, 95, 104, 107, 135, 162, 124,
        100, 124, 61, 95, 115,
        115,
        105, 144, 134, 114, 106, 39, 82, 133, 149, 82, 118, 142, 138, 106, 59, 110, 171, 198, 140, 141, 100, 94, 145,
      ])
  }

  func testCrop() {
    XCTAssertEqual(
      planes(3, 3, resize: PF_RESIZE_SHORTER_SIDE_CROP, crop: 4, channels: PF_CHANNELS_BGR),
      [
        228, 203, 178, 222, 197, 172, 216, 191, 166, 11, 22, 32, 64, 123, 135, 116, 103, 136, 81, 134, 159, 127, 133,
        120, 84, 90, 143,
      ])
  }

  func testSameSizeIsACopy() {
    let pixels = image
    for (index, value) in planes(width, height, mean: (1, 2, 3), deviation: (2, 4, 8)).enumerated() {
      let (channel, pixel) = index.quotientAndRemainder(dividingBy: width * height)
      XCTAssertEqual(value, (Float(pixels[3 * pixel + channel]) - Float(channel + 1)) / Float(2 << channel))
    }
  }
}
