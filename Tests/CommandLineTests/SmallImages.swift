import Foundation

/// Tiny files, those that are spelt out of one color and made with Pillow.
enum SmallImages {
  static let redPNG = decoded(
    "iVBORw0KGgoAAAANSUhEUgAAAAQAAAAECAIAAAAmkwkpAAAAFElEQVR42mP8xSXCAANMDEgANwcAOJoBIN0q+QUAAAAASUVORK5CYII=")
  static let greenJPEG = decoded(
    "/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDABsSFBcUERsXFhceHBsgKEIrKCUlKFE6PTBCYFVlZF9VXVtqeJmBanGQc1tdhbWGkJ6j"
      + "q62rZ4C8ybqmx5moq6T/2wBDARweHigj"
      + "KE4rK06kbl1upKSkpKSkpKSkpKSkpKSkpKSkpKSkpKSkpKSkpKSkpKSkpKSkpKSkpKSkpKSkpKSkpKT/wAARCAADAAUDASIAAhEB"
      + "AxEB/8QAFQABAQAAAAAAAAAAAAAAAAAA"
      + "AAP/xAAUEAEAAAAAAAAAAAAAAAAAAAAA/8QAFAEBAAAAAAAAAAAAAAAAAAAABf/EABQRAQAAAAAAAAAAAAAAAAAAAAD/2gAMAwEA"
      + "AhEDEQA/ALgCgT//2Q=="
  )
  static let bluePalettePNG = decoded(
    "iVBORw0KGgoAAAANSUhEUgAAAAIAAAACAQMAAABIeJ9nAAAAA1BMVEUAAP+KeNJXAAAADElEQVR4nGNgYGAAAAAEAAH2FzhVAAAAAElFTkSuQmCC")
  /// Wholly transparent.
  static let blueRGBAPNG = decoded(
    "iVBORw0KGgoAAAANSUhEUgAAAAIAAAACCAYAAABytg0kAAAAFElEQVR4nGNkYPjPwMDAwMDEAAUADycBA9iXpDsAAAAASUVORK5CYII=")
  static let grayJPEG = decoded(
    "/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDABsSFBcUERsXFhceHBsgKEIrKCUlKFE6PTBCYFVlZF9VXVtqeJmBanGQc1tdhbWGkJ6j"
      + "q62rZ4C8ybqmx5moq6T/wAALCAADAAMB"
      + "AREA/8QAFAABAAAAAAAAAAAAAAAAAAAABP/EABQQAQAAAAAAAAAAAAAAAAAAAAD/2gAIAQEAAD8AI//Z")
  static let cmykJPEG = decoded(
    "/9j/7gAOQWRvYmUAZAAAAAAA/9sAQwBQNzxGPDJQRkFGWlVQX3jIgnhubnj1r7mRyP//////////////////////////////////"
      + "/////////////////8AAFAgABAAEBEMRAE0R"
      + "AFkRAEsRAP/EABQAAQAAAAAAAAAAAAAAAAAAAAT/xAAUEAEAAAAAAAAAAAAAAAAAAAAA/9oADgRDAE0AWQBLAAA/AGBiGv/Z")
  static let deepPNG = decoded(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABEAAAAABq7kcWAAAAC0lEQVR4nGNgYAAAAAMAAbitOmMAAAAASUVORK5CYII=")

  /// Two rows of three pixels without loss, which EXIF says to turn by a quarter: 10 20 30 is to be upper left, and red
  /// upper right.
  static let turnedWebP = decoded(
    "UklGRnYAAABXRUJQVlA4WAoAAAAIAAAAAgAAAQAAVlA4TDUAAAAvAkAAAC9AmG20Odx7/panISQgdB/8f4kg22YXqb/l5z/gz3gm"
      + "RQGFbCPAoXsFTuki+h/DCwBFWElGGgAAAE1N"
      + "ACoAAAAIAAEBEgADAAAAAQAGAAAAAAAA")

  private static func decoded(_ base64: String) -> [UInt8] { [UInt8](Data(base64Encoded: base64)!) }
}

// MARK: Files in code

extension SmallImages {
  /// A PNG whose rows, each of which begins with the byte of its filter, are stored without compression.
  static func png(
    _ width: Int, _ height: Int, bits: UInt8, colorType: UInt8, rows: [[UInt8]], isInterlaced: Bool = false,
    chunks: [(type: String, bytes: [UInt8])] = []
  ) -> [UInt8] {
    let header: [UInt8] =
      bigEndian(UInt32(width)) + bigEndian(UInt32(height)) + [bits, colorType, 0, 0, isInterlaced ? 1 : 0]
    let data = rows.flatMap { row -> [UInt8] in [0] + row }
    let length = UInt16(data.count)
    let stored: [UInt8] = [0x78, 0x01, 1] + littleEndian(length) + littleEndian(~length)
    var bytes: [UInt8] = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A] + chunk("IHDR", header)
    for (type, contents) in chunks { bytes += chunk(type, contents) }
    return bytes + chunk("IDAT", stored + data + adler32(data)) + chunk("IEND", [])
  }

  private static func chunk(_ type: String, _ bytes: [UInt8]) -> [UInt8] {
    let content = Array(type.utf8) + bytes
    return bigEndian(UInt32(bytes.count)) + content + crc32(content[...])
  }

  private static func adler32(_ bytes: [UInt8]) -> [UInt8] {
    var (a, b): (UInt32, UInt32) = (1, 0)
    for byte in bytes {
      a = (a + UInt32(byte)) % 65521
      b = (b + a) % 65521
    }
    return bigEndian(b << 16 | a)
  }

  /// What PNG's chunks end with.
  static func crc32(_ bytes: ArraySlice<UInt8>) -> [UInt8] {
    var crc = ~UInt32(0)
    for byte in bytes {
      crc ^= UInt32(byte)
      for _ in 0..<8 { crc = crc >> 1 ^ (crc & 1) * 0xEDB8_8320 }
    }
    return bigEndian(~crc)
  }

  /// EXIF data that say nothing but an orientation, in either byte order.
  static func exif(orientation: UInt8, isBigEndian: Bool = true) -> [UInt8] {
    let big: [UInt8] = [
      0x4D, 0x4D, 0, 42, 0, 0, 0, 8, 0, 1, 0x01, 0x12, 0, 3, 0, 0, 0, 1, 0, orientation, 0, 0, 0, 0, 0, 0,
    ]
    let little: [UInt8] = [
      0x49, 0x49, 42, 0, 8, 0, 0, 0, 1, 0, 0x12, 0x01, 3, 0, 1, 0, 0, 0, orientation, 0, 0, 0, 0, 0, 0, 0,
    ]
    return isBigEndian ? big : little
  }

  /// A JPEG with EXIF data behind its first marker.
  static func jpeg(_ bytes: [UInt8], exif: [UInt8]) -> [UInt8] {
    let content: [UInt8] = Array("Exif".utf8) + [0, 0] + exif
    let length = UInt16(content.count + 2)
    let marker: [UInt8] = [0xFF, 0xE1, UInt8(length >> 8), UInt8(length & 255)]
    return bytes[..<2] + marker + content + bytes[2...]
  }

  /// A BMP with the header of 40 bytes; `data` are its rows, padded to a multiple of four, from below unless the height
  /// is negative.
  static func bmp(
    _ width: Int32, _ height: Int32, bits: UInt16, data: [UInt8], palette: [UInt8] = [], masks: [UInt32] = [],
    compression: UInt32? = nil
  ) -> [UInt8] {
    let offset = UInt32(54 + 4 * masks.count + palette.count)
    var bytes = Array("BM".utf8)
    func append(_ values: UInt32...) { for value in values { bytes += littleEndian(value) } }
    append(offset + UInt32(data.count), 0, offset)
    append(40, UInt32(bitPattern: width), UInt32(bitPattern: height), 1 | UInt32(bits) << 16)
    append(compression ?? (masks.isEmpty ? 0 : 3), UInt32(data.count), 0, 0, UInt32(palette.count / 4), 0)
    for mask in masks { append(mask) }
    return bytes + palette + data
  }

  private static func bigEndian(_ value: UInt32) -> [UInt8] { withUnsafeBytes(of: value.bigEndian) { Array($0) } }

  private static func littleEndian<Value: FixedWidthInteger>(_ value: Value) -> [UInt8] {
    withUnsafeBytes(of: value.littleEndian) { Array($0) }
  }
}
