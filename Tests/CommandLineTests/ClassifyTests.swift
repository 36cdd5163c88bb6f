import XCTest

final class ClassifyTests: CommandLineTestCase {
  private let files = [
    ("red.png", SmallImages.redPNG, "red"), ("green.jpg", SmallImages.greenJPEG, "green"),
    ("blue.png", SmallImages.bluePalettePNG, "blue"),
    ("clear.PNG", SmallImages.blueRGBAPNG, "blue"), ("gray.jpeg", SmallImages.grayJPEG, "red"),
    ("cmyk.jpg", SmallImages.cmykJPEG, "red"),
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
    for (name, words) in [
      ("text.png", "no JPEG, PNG, WebP or BMP"), ("absent.png", "No such file"), (".", "Is a directory"),
    ] {
      try fail("classify", "color.pfmodel", name, saying: ["\(name): ", words, "1 of 1 images cannot be read"])
      // The others are classified all the same.
      let outcome = try run("classify", "color.pfmodel", name, "red.png")
      XCTAssertEqual(outcome.code, 1)
      XCTAssert(
        outcome.output.contains("red.png:\n") && outcome.errors.contains("1 of 2 images cannot be read"), outcome.errors
      )
    }
    for whole in [SmallImages.redPNG, SmallImages.greenJPEG] {
      for length in stride(from: 0, to: whole.count, by: whole.count / 12) {
        try write(Array(whole[..<length]), to: "cut")
        try fail("classify", "color.pfmodel", "cut", saying: ["cut: "])
      }
    }
    // A height of two thousand million in a file of 77 bytes; its checksum is repaired.
    var huge = SmallImages.redPNG
    huge.replaceSubrange(20..<24, with: [0x7F, 0xFF, 0xFF, 0xFF])
    huge.replaceSubrange(29..<33, with: SmallImages.crc32(huge[12..<29]))
    try write(huge, to: "huge.png")
    try fail("classify", "color.pfmodel", "huge.png", saying: ["huge.png: has 4 × 2147483647 pixels"])
  }

  func testPreprocessingIsNeeded() throws {
    try write(SmallModels.color().encoded(), to: "plain.pfmodel")
    try fail("classify", "plain.pfmodel", "red.png", saying: ["plain.pfmodel: ", "--preprocess"])
    try write(
      #"{"size": [4, 4], "resize": "stretch", "channels": "BGR", "mean": [0, 0, 0], "std": [1, 1, 1]}"#, to: "pre.json")
    let output = try succeed("classify", "plain.pfmodel", "red.png", "--top", "1", "--preprocess", "pre.json").output
    XCTAssert(output.contains("1.0000  class 2"), output)
  }

  func testAccuracy() throws {
    try write("red.png 0\ngreen.jpg 1\nblue.png 0\ngray.jpeg 2\n", to: "labels.txt")
    let report = try succeed("eval", "color.pfmodel", "--images", ".", "--labels", "labels.txt", "--json").json
    XCTAssertEqual(report["top1"] as? Double, 0.5)
    XCTAssertEqual(report["top5"] as? Double, 1)
    XCTAssertEqual(report["images"] as? Int, 4)
    XCTAssert(
      try succeed("eval", "color.pfmodel", "--images", ".", "--labels", "labels.txt").output.contains("50.00 %"))
    for (labels, words) in [
      ("red.png 3\n", ["labels.txt: ", "class 3", "3 classes"]), ("red.png\n", ["labels.txt: line 1"]),
      ("red.png 0\nred.png -1", ["line 2"]), ("", ["empty"]),
      ("absent.png 0\n", ["absent.png: No such file", "none of the 1 images can be read"]),
      ("file,class\nred.png,purple\n", ["line 2", "'purple'", "no class of this name"]),
      ("red.png,0,1\n", ["line 1", "3 columns"]),
    ] {
      try write(labels, to: "labels.txt")
      try fail("eval", "color.pfmodel", "--images", ".", "--labels", "labels.txt", saying: words)
    }
  }

  func testLabelsAsCSV() throws {
    for labels in [
      "red.png,0\ngreen.jpg,1\nblue.png,0\ngray.jpeg,2\n",
      "file,class\r\nred.png,red\r\ngreen.jpg,green\r\nblue.png,red\r\ngray.jpeg,blue\r\n",
      "\"red.png\",\"0\"\ngreen.jpg, 1\nblue.png,0\n\"gray.jpeg\",blue",
      "red.png, 0\ngreen.jpg, 1\nblue.png, 0\ngray.jpeg, 2\n",
    ] {
      try write(labels, to: "labels.csv")
      let report = try succeed("eval", "color.pfmodel", "--images", ".", "--labels", "labels.csv", "--json").json
      XCTAssertEqual(report["top1"] as? Double, 0.5, labels)
      XCTAssertEqual(report["images"] as? Int, 4, labels)
    }
    try write(SmallImages.redPNG, to: #"a, "b".png"#)
    try write(#""a, ""b"".png",red"#, to: "labels.csv")
    XCTAssertEqual(
      try succeed("eval", "color.pfmodel", "--images", ".", "--labels", "labels.csv", "--json").json["top1"] as? Double,
      1)
  }

  /// Six images in batches of four, and in one that is never full; of which one cannot be read.
  func testBatches() throws {
    try write("no image", to: "text.png")
    let names = ["red.png", "text.png"] + files.dropFirst().map(\.0)
    for batch in ["1", "2", "4", "6", "16"] {
      let outcome = try run(["classify", "color.pfmodel", "--top", "1", "--batch", batch] + names)
      let lines = outcome.output.split(separator: "\n").map(String.init)
      XCTAssertEqual(lines.count, 2 * files.count, batch)
      for (index, (name, _, color)) in files.enumerated() where lines.count == 2 * files.count {
        XCTAssertEqual(lines[2 * index], "\(name):", batch)
        XCTAssert(lines[2 * index + 1].hasSuffix("  \(color)"), "\(batch): \(lines)")
      }
      try write("red.png 0\ngreen.jpg 1\nblue.png 0\ngray.jpeg 2\ncmyk.jpg 0\n", to: "labels.txt")
      let accuracy = try succeed(
        "eval", "color.pfmodel", "--images", ".", "--labels", "labels.txt", "--json", "--batch", batch
      ).json
      XCTAssertEqual(accuracy["top1"] as? Double, 0.6, batch)
      XCTAssertEqual(accuracy["images"] as? Int, 5)
      let agreement = try run(
        "eval", "color.pfmodel", "--images", ".", "--reference", "color.pfmodel", "--json", "--batch", batch
      ).json
      XCTAssertEqual(agreement["agreement"] as? Double, 1)
      XCTAssertEqual(agreement["images"] as? Int, files.count)
    }
  }

  func testAFolderForEachClass() throws {
    func make(_ folders: [(name: String, bytes: [UInt8])], in root: String) throws {
      for (name, bytes) in folders {
        try FileManager.default.createDirectory(
          atPath: path("\(root)/\(name)/deeper"), withIntermediateDirectories: true)
        try write(bytes, to: "\(root)/\(name)/1.png")
        try write(bytes, to: "\(root)/\(name)/deeper/2.PNG")
      }
    }
    func top1(_ root: String) throws -> Double? {
      let report = try succeed("eval", "color.pfmodel", "--images", root, "--json").json
      return report["top1"] as? Double
    }
    let (red, green, blue) = (SmallImages.redPNG, SmallImages.greenJPEG, SmallImages.bluePalettePNG)
    try make([("red", red), ("blue", blue)], in: "names")
    XCTAssertEqual(try top1("names"), 1)
    try make([("2", blue), ("0", red)], in: "numbers")
    XCTAssertEqual(try top1("numbers"), 1)
    try make([("c", blue), ("a", red), ("b", green)], in: "sorted")
    XCTAssertEqual(try top1("sorted"), 1)
    try make([("a", red), ("b", green)], in: "some")
    try fail("eval", "color.pfmodel", "--images", "some", saying: ["some: has 2 folders", "3 classes", "'a'"])
    try fail("eval", "color.pfmodel", "--images", ".", saying: [".: does not say the classes", "--labels"])
  }

  func testWhatIsNoImageInAFolder() throws {
    try FileManager.default.createDirectory(atPath: path("photos/folder.png"), withIntermediateDirectories: true)
    for name in ["fifo.png", "other.jpg"] { XCTAssertEqual(mkfifo(path("photos/\(name)"), 0o600), 0) }
    try write(SmallImages.redPNG, to: "photos/red.png")
    try write("no image", to: "photos/text.png")
    let outcome = try run("eval", "color.pfmodel", "--images", "photos", "--reference", "color.pfmodel", "--json")
    XCTAssertEqual(outcome.code, 0, outcome.errors)
    XCTAssertEqual(outcome.json["images"] as? Int, 1)
    XCTAssertEqual(outcome.json["unreadable"] as? Int, 1)
    XCTAssertEqual(outcome.json["skipped"] as? Int, 3)
    for words in ["3 entries are named like an image", "photos/text.png: ", "1 of 2 images cannot be read"] {
      XCTAssert(outcome.errors.contains(words), outcome.errors)
    }
    try write("red.png 0\nfifo.png 1\n", to: "labels.txt")
    XCTAssertEqual(try run("eval", "color.pfmodel", "--images", "photos", "--labels", "labels.txt").code, 0)
  }

  func testAgreement() throws {
    let report = try succeed("eval", "color.pfmodel", "--images", ".", "--reference", "color.pfmodel", "--json").json
    XCTAssertEqual(report["agreement"] as? Double, 1)
    XCTAssertEqual(report["images"] as? Int, files.count)
    // The reference keeps its own preprocessing: with red and blue exchanged, green alone is the same, and gray, whose
    // equals go by order.
    try write(
      #"{"size": [4, 4], "resize": "stretch", "channels": "BGR", "mean": [0, 0, 0], "std": [1, 1, 1]}"#, to: "pre.json")
    let exchanged = try succeed(
      "eval", "color.pfmodel", "--preprocess", "pre.json", "--images", ".", "--reference", "color.pfmodel", "--json"
    ).json
    XCTAssertEqual(try XCTUnwrap(exchanged["agreement"] as? Double), 2.0 / 6, accuracy: 1e-9)
    try fail("eval", "color.pfmodel", "--images", "absent", "--reference", "color.pfmodel", saying: ["absent: "])
  }
}
