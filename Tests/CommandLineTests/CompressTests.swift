import PrefactorGraph
import XCTest

final class CompressTests: CommandLineTestCase {
  override func setUpWithError() throws {
    try super.setUpWithError()
    try write(SmallModels.dense().encoded(), to: "dense.pfmodel")
  }

  func testEnergy() throws {
    let table = try succeed("compress", "dense.pfmodel", "-o", "small.pfmodel", "--energy", "0.99").output
    XCTAssert(table.contains("svd") && table.contains("outputs differ by 0.00 %"), table)
    let report = try succeed("inspect", "small.pfmodel", "--json").json
    XCTAssertEqual(report["macs"] as? Int, 12 + 16)
    XCTAssertEqual(report["macs_before"] as? Int, 12 * 16)
  }

  func testPlan() throws {
    try write(#"{"fc": {"method": "svd", "rank": 2}}"#, to: "plan.json")
    try succeed("compress", "dense.pfmodel", "-o", "small.pfmodel", "--plan", "plan.json")
    let layer = try Graph(decoding: read("small.pfmodel")).layers[0]
    XCTAssertEqual(layer.method, "svd")
    for (plan, words) in [
      (#"{"fd": {"method": "svd", "rank": 2}}"#, ["layer 'fd'", "'fc'"]), (#"{"fc": {"method": "magic"}}"#, ["layer 'fc'", "magic"]),
      (#"{"fc": {"method": "svd", "rank": 0}}"#, ["layer 'fc'", "rank"]), ("[]", []), ("{", []),
    ] {
      try write(plan, to: "plan.json")
      try fail("compress", "dense.pfmodel", "-o", "other.pfmodel", "--plan", "plan.json", saying: ["plan.json: "] + words)
      XCTAssertFalse(FileManager.default.fileExists(atPath: path("other.pfmodel")))
    }
  }

  /// What clustering puts in another order is in the weights of the layers beside it; and at full rank nothing is lost on the way.
  func testNoPermutationIsLeftAtRunTime() throws {
    try write(SmallModels.convolutions().encoded(), to: "three.pfmodel")
    let blocks = #""inputClusters": 2, "outputClusters": 2, "#
    for choice in [#""bicluster-svd", \#(blocks)"k1": 4, "k2": 6"#, #""bicluster-outer", \#(blocks)"terms": 24"#] {
      try write(#"{"conv2": {"method": \#(choice)}}"#, to: "plan.json")
      let report = try succeed("compress", "three.pfmodel", "-o", "small.pfmodel", "--plan", "plan.json").output
      let graph = try Graph(decoding: read("small.pfmodel"))
      XCTAssertTrue(graph.layers[1].method.hasPrefix("bicluster"))
      XCTAssertFalse(graph.nodes.contains { if case .gather = $0.operation { true } else { false } }, choice)
      XCTAssert(report.contains("outputs differ by 0.00 %"), report)
    }
  }

  func testMetricsOfCalibrationImages() throws {
    try writeScoresAndImages()
    for (metric, recorded) in [(nil, "data"), ("data", "data"), ("mahalanobis", "mahalanobis"), ("frobenius", "frobenius")] {
      try write(#"{"fc": {"method": "svd", "rank": 1\#(metric.map { #", "metric": "\#($0)""# } ?? "")}}"#, to: "plan.json")
      try succeed("compress", "scores.pfmodel", "-o", "small.pfmodel", "--plan", "plan.json", "--calibration", "images")
      let layer = try Graph(decoding: read("small.pfmodel")).layers[0]
      XCTAssert(layer.parameters.contains(#""metric":"\#(recorded)""#), layer.parameters)
      XCTAssert((0.001..<1).contains(layer.relativeError), "\(layer.relativeError) in \(recorded)")
    }
    try write("red.png 0\ngreen.jpg 1\n", to: "labels.txt")
    try succeed(
      "compress", "scores.pfmodel", "-o", "small.pfmodel", "--plan", "plan.json", "--calibration", "images", "--labels", "labels.txt")
  }

  func testCalibrationImagesThatCannotBeUsed() throws {
    try writeScoresAndImages()
    try write(#"{"fc": {"method": "svd", "rank": 1}}"#, to: "plan.json")
    try write("absent.png 0\n", to: "absent.txt")
    try FileManager.default.createDirectory(atPath: path("empty"), withIntermediateDirectories: true)
    func compress(_ model: String, _ arguments: String..., saying words: [String]) throws {
      try fail(["compress", model, "-o", "other.pfmodel", "--plan", "plan.json", "--calibration"] + arguments, saying: words)
      XCTAssertFalse(FileManager.default.fileExists(atPath: path("other.pfmodel")))
    }
    try compress("scores.pfmodel", "nowhere", saying: ["nowhere: "])
    try compress("scores.pfmodel", "empty", saying: ["empty: ", "no .jpg"])
    try compress("scores.pfmodel", "images", "--labels", "absent.txt", saying: ["images/absent.png: "])
    try compress("dense.pfmodel", "images", saying: ["dense.pfmodel: ", "--preprocess"])
    try write("no image", to: "images/text.png")
    try compress("scores.pfmodel", "images", saying: ["images/text.png: "])
  }

  private func writeScoresAndImages() throws {
    try write(SmallModels.describedScores().encoded(), to: "scores.pfmodel")
    try FileManager.default.createDirectory(atPath: path("images"), withIntermediateDirectories: true)
    for (name, bytes) in [("red.png", SmallImages.redPNG), ("green.jpg", SmallImages.greenJPEG), ("blue.png", SmallImages.bluePalettePNG)] {
      try write(bytes, to: "images/\(name)")
    }
  }
}
