import XCTest

final class ClassifyTests: CommandLineTestCase {
  private let files = [
    ("red.png", SmallImages.redPNG, "red"), ("green.jpg", SmallImages.greenJPEG, "green"), ("blue.png", SmallImages.bluePalettePNG, "blue"),
    ("clear.PNG", SmallImages.blueRGBAPNG, "blue"), ("gray.jpeg", SmallImages.grayJPEG, "red"),
  ]

  override func setUpWithError() throws {
    try super.setUpWithError()
    try write(SmallModels.describedColor().encoded(), to: "color.pfmodel")
    for (name, bytes, _) in files { try write(bytes, to: name) }
  }

  func testClassify() throws {
    for (name, _, color) in files {
      let lines = try succeed("classify", "color.pfmodel", name, "--top", "1").output.split(separator: "\n")
      XCTAssertEqual(lines.count, 2)
      XCTAssertEqual(lines.first, "\(name):")
      XCTAssertEqual(lines.last.map { $0.hasSuffix("  \(color)") }, true, "\(lines)")
    }
    let all = try succeed("classify", "color.pfmodel", "red.png", "green.jpg").output
    XCTAssertEqual(all.split(separator: "\n").count, 8)
    // Means of 250, 10 and 20, by 50, are no probabilities; this is their softmax.
    XCTAssert(all.contains("0.9820  red"), all)
  }

  func testImagesThatCannotBeRead() throws {
    try write("no image", to: "text.png")
    try write(SmallImages.cmykJPEG, to: "cmyk.jpg")
    try write(SmallImages.deepPNG, to: "deep.png")
    for (name, words) in [
      ("text.png", "neither a JPEG nor a PNG"), ("cmyk.jpg", "CMYK"), ("deep.png", "16 bits"), ("absent.png", "No such file"),
      (".", "Is a directory"),
    ] { try fail("classify", "color.pfmodel", name, saying: ["\(name): ", words]) }
    for whole in [SmallImages.redPNG, SmallImages.greenJPEG] {
      for length in stride(from: 0, to: whole.count, by: whole.count / 12) {
        try write(Array(whole[..<length]), to: "cut")
        try fail("classify", "color.pfmodel", "cut", saying: ["cut: "])
      }
    }
    // A height of two thousand million in a file of 77 bytes; its checksum is repaired.
    var huge = SmallImages.redPNG
    huge.replaceSubrange(20..<24, with: [0x7F, 0xFF, 0xFF, 0xFF])
    huge.replaceSubrange(29..<33, with: crc32(huge[12..<29]))
    try write(huge, to: "huge.png")
    try fail("classify", "color.pfmodel", "huge.png", saying: ["huge.png: has 4 × 2147483647 pixels"])
  }

  func testPreprocessingIsNeeded() throws {
    try write(SmallModels.color().encoded(), to: "plain.pfmodel")
    try fail("classify", "plain.pfmodel", "red.png", saying: ["plain.pfmodel: ", "--preprocess"])
    try write(#"{"size": [4, 4], "resize": "stretch", "channels": "BGR", "mean": [0, 0, 0], "std": [1, 1, 1]}"#, to: "pre.json")
    let output = try succeed("classify", "plain.pfmodel", "red.png", "--top", "1", "--preprocess", "pre.json").output
    XCTAssert(output.contains("1.0000  class 2"), output)
  }

  func testAccuracy() throws {
    try write("red.png 0\ngreen.jpg 1\nblue.png 0\ngray.jpeg 2\n", to: "labels.txt")
    let report = try succeed("eval", "color.pfmodel", "--images", ".", "--labels", "labels.txt", "--json").json
    XCTAssertEqual(report["top1"] as? Double, 0.5)
    XCTAssertEqual(report["top5"] as? Double, 1)
    XCTAssertEqual(report["images"] as? Int, 4)
    XCTAssert(try succeed("eval", "color.pfmodel", "--images", ".", "--labels", "labels.txt").output.contains("50.00 %"))
    for (labels, words) in [
      ("red.png 3\n", ["labels.txt: ", "class 3", "3 classes"]), ("red.png\n", ["labels.txt: line 1"]),
      ("red.png 0\nred.png -1", ["line 2"]), ("", ["empty"]),
      ("absent.png 0\n", ["absent.png: No such file"]),
    ] {
      try write(labels, to: "labels.txt")
      try fail("eval", "color.pfmodel", "--images", ".", "--labels", "labels.txt", saying: words)
    }
  }

  func testAgreement() throws {
    let report = try succeed("eval", "color.pfmodel", "--images", ".", "--reference", "color.pfmodel", "--json").json
    XCTAssertEqual(report["agreement"] as? Double, 1)
    XCTAssertEqual(report["images"] as? Int, files.count)
    // The reference keeps its own preprocessing: with red and blue exchanged, green alone is the same, and gray, whose equals go by order.
    try write(#"{"size": [4, 4], "resize": "stretch", "channels": "BGR", "mean": [0, 0, 0], "std": [1, 1, 1]}"#, to: "pre.json")
    let exchanged = try succeed(
      "eval", "color.pfmodel", "--preprocess", "pre.json", "--images", ".", "--reference", "color.pfmodel", "--json"
    ).json
    XCTAssertEqual(exchanged["agreement"] as? Double, 0.4)
    try fail("eval", "color.pfmodel", "--images", "absent", "--reference", "color.pfmodel", saying: ["absent: "])
  }
}

/// As PNG's chunks end with.
private func crc32(_ bytes: ArraySlice<UInt8>) -> [UInt8] {
  var crc = ~UInt32(0)
  for byte in bytes {
    crc ^= UInt32(byte)
    for _ in 0..<8 { crc = crc >> 1 ^ (crc & 1) * 0xEDB8_8320 }
  }
  return withUnsafeBytes(of: (~crc).bigEndian) { Array($0) }
}
