import CImage
import Foundation
import PrefactorCompiler

/// An 8-bit RGB image, read from a JPEG, PNG, WebP or BMP file.
final class ImageFile {
  private var image = CImage.image()

  init(_ path: String) throws {
    let bytes = try readFile(path)
    guard image_decode(bytes, bytes.count, &image) == 1 else {
      throw FileError(
        path, withUnsafeBytes(of: image.message) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) })
    }
  }

  deinit { free(image.rgb) }

  var width: Int { image.width }
  var height: Int { image.height }
  var rgb: UnsafeBufferPointer<UInt8> { UnsafeBufferPointer(start: image.rgb, count: 3 * width * height) }
}
