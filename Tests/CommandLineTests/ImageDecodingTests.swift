import XCTest

@testable import prefactor

/// The right values are those of Pillow's `ImageOps.exif_transpose(image).convert("RGB")`; of gray with 16 bits, which
/// Pillow cuts off, the upper 8.
final class ImageDecodingTests: CommandLineTestCase {
  private func decoded(_ bytes: [UInt8], _ name: String = "image") throws -> (width: Int, height: Int, rgb: [UInt8]) {
    let image = try ImageFile(write(bytes, to: name))
    return (image.width, image.height, Array(image.rgb))
  }

  private func check(_ bytes: [UInt8], _ width: Int, _ height: Int, _ rgb: [UInt8], _ what: String, line: UInt = #line)
    throws
  {
    let image = try decoded(bytes)
    XCTAssertEqual(image.width, width, what, line: line)
    XCTAssertEqual(image.height, height, what, line: line)
    XCTAssertEqual(image.rgb, rgb, what, line: line)
  }

  /// Pixels 1 2 3 in the first row and 4 5 6 in the second.
  func testOrientations() throws {
    let rows: [[UInt8]] = [[1, 2, 3], [4, 5, 6]]
    let upright: [(UInt8, Int, Int, [UInt8])] = [
      (0, 3, 2, [1, 2, 3, 4, 5, 6]), (1, 3, 2, [1, 2, 3, 4, 5, 6]), (2, 3, 2, [3, 2, 1, 6, 5, 4]),
      (3, 3, 2, [6, 5, 4, 3, 2, 1]),
      (4, 3, 2, [4, 5, 6, 1, 2, 3]), (5, 2, 3, [1, 4, 2, 5, 3, 6]), (6, 2, 3, [4, 1, 5, 2, 6, 3]),
      (7, 2, 3, [6, 3, 5, 2, 4, 1]),
      (8, 2, 3, [3, 6, 2, 5, 1, 4]), (9, 3, 2, [1, 2, 3, 4, 5, 6]),
    ]
    for (orientation, width, height, gray) in upright {
      for isBigEndian in [true, false] {
        let exif = SmallImages.exif(orientation: orientation, isBigEndian: isBigEndian)
        let png = SmallImages.png(3, 2, bits: 8, colorType: 0, rows: rows, chunks: [("eXIf", exif)])
        try check(png, width, height, gray.flatMap { [$0, $0, $0] }, "orientation \(orientation)")
        let jpeg = try decoded(SmallImages.jpeg(SmallImages.greenJPEG, exif: exif))
        let isTurned = (5...8).contains(orientation)
        XCTAssertEqual([jpeg.width, jpeg.height], isTurned ? [3, 5] : [5, 3], "orientation \(orientation)")
      }
    }
    // EXIF data that are cut short say nothing.
    let exif = SmallImages.exif(orientation: 6)
    for length in 0..<20 {
      try check(
        SmallImages.png(1, 2, bits: 8, colorType: 0, rows: [[7], [8]], chunks: [("eXIf", Array(exif[..<length]))]), 1,
        2, [7, 7, 7, 8, 8, 8],
        "\(length) bytes")
    }
  }

  func testPNG() throws {
    try check(
      SmallImages.png(
        2, 1, bits: 16, colorType: 2, rows: [[0x12, 0xFF, 0x34, 0x80, 0x56, 0x7F, 0xFF, 0xFF, 0, 0xFF, 1, 0]]), 2, 1,
      [0x12, 0x34, 0x56, 0xFF, 0, 1], "16 bits of color")
    try check(
      SmallImages.png(2, 1, bits: 16, colorType: 0, rows: [[0x12, 0xFF, 0xFF, 0xFF]]), 2, 1,
      [0x12, 0x12, 0x12, 255, 255, 255], "16 bits of gray")
    try check(
      SmallImages.png(2, 1, bits: 8, colorType: 4, rows: [[9, 0, 200, 128]]), 2, 1, [9, 9, 9, 200, 200, 200],
      "gray and alpha")
    try check(
      SmallImages.png(1, 1, bits: 16, colorType: 6, rows: [[1, 2, 3, 4, 5, 6, 0, 0]]), 1, 1, [1, 3, 5],
      "16 bits with alpha")
    let palette: [UInt8] = [1, 2, 3, 40, 50, 60, 7, 8, 9, 255, 0, 255]
    try check(
      SmallImages.png(
        3, 1, bits: 2, colorType: 3, rows: [[0b01_11_00_00]], chunks: [("PLTE", palette), ("tRNS", [0, 0])]), 3, 1,
      [40, 50, 60, 255, 0, 255, 1, 2, 3], "a transparent palette")
    try check(
      SmallImages.png(3, 1, bits: 4, colorType: 0, rows: [[0x0F, 0x80]]), 3, 1,
      [0, 0, 0, 255, 255, 255, 136, 136, 136], "4 bits")
    // Passes 1, 6 and 7 of Adam7 are all that there is of 2 × 2 pixels.
    try check(
      SmallImages.png(2, 2, bits: 8, colorType: 0, rows: [[1], [2], [3, 4]], isInterlaced: true), 2, 2,
      [1, 1, 1, 2, 2, 2, 3, 3, 3, 4, 4, 4], "interlaced")
  }

  func testCMYK() throws {
    let image = try decoded(SmallImages.cmykJPEG)
    XCTAssertEqual(Array(image.rgb[..<3]), [248, 8, 18])
  }

  func testBMP() throws {
    let two: [UInt8] = [1, 2, 3, 4, 5, 6, 0, 0]
    try check(SmallImages.bmp(2, 1, bits: 24, data: two), 2, 1, [3, 2, 1, 6, 5, 4], "24 bits")
    try check(SmallImages.bmp(1, 2, bits: 24, data: [1, 2, 3, 0, 4, 5, 6, 0]), 1, 2, [6, 5, 4, 3, 2, 1], "from below")
    try check(
      SmallImages.bmp(1, -2, bits: 24, data: [1, 2, 3, 0, 4, 5, 6, 0]), 1, 2, [3, 2, 1, 6, 5, 4], "from above")
    try check(SmallImages.bmp(1, 1, bits: 32, data: [1, 2, 3, 0]), 1, 1, [3, 2, 1], "32 bits")
    try check(
      SmallImages.bmp(1, 1, bits: 32, data: [0, 1, 2, 3], masks: [0xFF00_0000, 0xFF_0000, 0xFF00]), 1, 1, [3, 2, 1],
      "32 bits in fields")
    // 21, 11 and 3 of 31, and 42 of 63.
    try check(SmallImages.bmp(1, 1, bits: 16, data: [0x63, 0x55, 0, 0]), 1, 1, [172, 90, 24], "16 bits")
    try check(
      SmallImages.bmp(1, 1, bits: 16, data: [0x43, 0xAD, 0, 0], masks: [0xF800, 0x7E0, 0x1F]), 1, 1, [172, 170, 24],
      "16 bits in fields")
    let palette: [UInt8] = [1, 2, 3, 0, 4, 5, 6, 0]
    try check(
      SmallImages.bmp(3, 1, bits: 1, data: [0b0100_0000, 0, 0, 0], palette: palette), 3, 1,
      [3, 2, 1, 6, 5, 4, 3, 2, 1], "1 bit")
    try check(
      SmallImages.bmp(3, 1, bits: 4, data: [0x01, 0x10, 0, 0], palette: palette), 3, 1, [3, 2, 1, 6, 5, 4, 6, 5, 4],
      "4 bits")
    try check(
      SmallImages.bmp(2, 1, bits: 8, data: [1, 0, 0, 0], palette: palette), 2, 1, [6, 5, 4, 3, 2, 1], "8 bits")

    let whole = SmallImages.bmp(3, 2, bits: 4, data: [0x01, 0x10, 0, 0, 0, 0, 0, 0], palette: palette)
    for length in 2..<whole.count { XCTAssertThrowsError(try decoded(Array(whole[..<length])), "\(length) bytes") }
    for (bytes, words) in [
      (SmallImages.bmp(2, 1, bits: 8, data: [2, 0, 0, 0], palette: palette), "not in its palette"),
      (SmallImages.bmp(2, 1, bits: 8, data: two, palette: palette, compression: 1), "compressed"),
      (SmallImages.bmp(2, 1, bits: 7, data: two), "bits a pixel"),
      (SmallImages.bmp(-2, 1, bits: 24, data: two), "negative width"),
      (SmallImages.bmp(0, 1, bits: 24, data: two), "0 × 1 pixels"),
      (SmallImages.bmp(2, .min, bits: 24, data: two), "pixels"),
      (SmallImages.bmp(1, 1, bits: 16, data: two, masks: [5, 0x7E0, 0x1F]), "bit fields"),
    ] {
      XCTAssertThrowsError(try decoded(bytes)) { XCTAssert("\($0)".contains(words), "\($0)") }
    }
  }

  func testWebP() throws {
    do {
      try check(
        SmallImages.turnedWebP, 2, 3, [10, 20, 30, 255, 0, 0, 40, 50, 60, 0, 255, 0, 70, 80, 90, 0, 0, 255],
        "turned by EXIF")
    } catch {
      XCTAssert("\(error)".contains("libwebp7"), "\(error)")
      throw XCTSkip("libwebp is not there")
    }
    for length in stride(from: 13, to: 96, by: 7) {
      XCTAssertThrowsError(try decoded(Array(SmallImages.turnedWebP[..<length])), "\(length) bytes")
    }
  }
}
