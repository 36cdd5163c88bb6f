import PrefactorGraph
import XCTest

final class ModelFileTests: CommandLineTestCase {
  func testMissingAndForeignFiles() throws {
    try write("this is no network", to: "text.pfmodel")
    try write("nor is this", to: "text.onnx")
    try write("", to: "empty.pfmodel")
    for command in ["inspect", "bench"] {
      try fail(command, "absent.pfmodel", saying: ["absent.pfmodel: No such file"])
      try fail(command, "absent.onnx", saying: ["absent.onnx: No such file"])
      try fail(command, ".", saying: ["prefactor: .: "])
      for name in ["text.pfmodel", "text.onnx", "empty.pfmodel"] { try fail(command, name, saying: ["\(name): "]) }
    }
  }

  func testTruncatedFiles() throws {
    let bytes = try SmallModels.describedColor().encoded()
    for length in stride(from: 0, to: bytes.count, by: max(bytes.count / 25, 1)) {
      try write(Array(bytes[..<length]), to: "cut.pfmodel")
      try fail("inspect", "cut.pfmodel", saying: ["cut.pfmodel: "])
    }
  }

  func testConvertKeepsDescriptions() throws {
    try write(SmallModels.color().encoded(), to: "plain.pfmodel")
    try write(#"{"size": [4, 4], "resize": "stretch", "channels": "BGR", "mean": [1, 2, 3], "std": [4, 5, 6]}"#, to: "pre.json")
    try write("red\ngreen\nblue\n", to: "names.txt")
    try succeed("convert", "plain.pfmodel", "-o", "net.pfmodel", "--preprocess", "pre.json", "--class-labels", "names.txt")
    let graph = try Graph(decoding: read("net.pfmodel"))
    XCTAssertEqual(graph.labels, ["red", "green", "blue"])
    XCTAssertEqual(graph.preprocessing, Preprocessing(width: 4, height: 4, channels: .bgr, mean: [1, 2, 3], deviation: [4, 5, 6]))
    try succeed("convert", "net.pfmodel", "-o", "again.pfmodel")
    XCTAssertEqual(try read("again.pfmodel"), try read("net.pfmodel"))
  }

  func testFailureLeavesTheOldFile() throws {
    try write(SmallModels.color().encoded(), to: "plain.pfmodel")
    try write("what was here", to: "net.pfmodel")
    try write("red\n", to: "names.txt")
    try fail(
      "convert", "plain.pfmodel", "-o", "net.pfmodel", "--class-labels", "names.txt", saying: ["names.txt: has 1 lines", "3 elements"])
    XCTAssertEqual(try read("net.pfmodel"), Array("what was here".utf8))
    try fail("convert", "plain.pfmodel", "-o", "absent/net.pfmodel", saying: ["absent/net.pfmodel: No such file"])
    try succeed("convert", "plain.pfmodel", "-o", "net.pfmodel")
    XCTAssertEqual(try FileManager.default.contentsOfDirectory(atPath: folder.path).filter { $0.contains("partial") }, [])
  }

  func testPreprocessingMessages() throws {
    try write(SmallModels.color().encoded(), to: "plain.pfmodel")
    let valid = #"{"size": [4, 4], "resize": "shorter-side-crop", "crop": 5, "channels": "RGB", "mean": [1, 2, 3], "std": [4, 5, 6]}"#
    try write(valid, to: "pre.json")
    try succeed("convert", "plain.pfmodel", "-o", "net.pfmodel", "--preprocess", "pre.json")
    for (part, replacement, words) in [
      ("[4, 4]", "4", ["'size'", "2 numbers"]), ("[4, 4]", "[4, 0]", ["'size'", "pixels"]), ("[4, 4]", "[4.5, 4]", ["'size'"]),
      ("[4, 4]", "[5, 4]", ["3 × 4 × 5", "3 × 4 × 4"]), ("shorter-side-crop", "squash", ["'resize'", "stretch"]),
      ("shorter-side-crop", "stretch", ["'crop'"]), (#""crop": 5, "#, "", ["'crop'"]), (": 5", ": 3", ["'crop' is 3"]),
      ("RGB", "RBG", ["'channels'", "BGR"]),
      ("RGB", "gray", ["1 × 4 × 4"]), ("[1, 2, 3]", "[1]", ["'mean'", "3 numbers"]), (#""mean": [1, 2, 3], "#, "", ["'mean'"]),
      ("[4, 5, 6]", "[4, 0, 6]", ["'std'", "above 0"]), ("std", "deviation", ["'deviation'", "std"]), ("}", "", ["JSON"]),
    ] {
      try write(valid.replacing(part, with: replacement), to: "pre.json")
      try fail("convert", "plain.pfmodel", "-o", "net.pfmodel", "--preprocess", "pre.json", saying: ["pre.json: "] + words)
    }
  }

  func testInspect() throws {
    try write(SmallModels.dense().encoded(), to: "dense.pfmodel")
    let report = try succeed("inspect", "dense.pfmodel", "--json").json
    XCTAssertEqual(report["macs"] as? Int, 192)
    XCTAssertEqual(report["bytes"] as? Int, 768)
    let layer = try XCTUnwrap((report["layers"] as? [[String: Any]])?.first)
    XCTAssertEqual(layer["name"] as? String, "fc")
    XCTAssertEqual(layer["method"] as? String, "none")
    XCTAssertEqual(layer["macs"] as? Int, 192)
    XCTAssertEqual(layer["bytes"] as? Int, 768)
    let table = try succeed("inspect", "dense.pfmodel").output
    XCTAssert(table.contains("fc") && table.contains("total") && table.contains("768"))
  }

  func testBench() throws {
    try write(SmallModels.color(height: nil, width: nil).encoded(), to: "net.pfmodel")
    let report = try succeed("bench", "net.pfmodel", "--threads", "2", "--layers", "--json").json
    XCTAssertEqual(report["threads"] as? Int, 2)
    XCTAssertEqual(report["backend"] as? String, "cpu")
    XCTAssertNotNil(report["isa"] as? String)
    let median = try XCTUnwrap(report["median_ms"] as? Double)
    let least = try XCTUnwrap(report["min_ms"] as? Double)
    XCTAssert(0 < least && least <= median)
    let step = try XCTUnwrap((report["layers"] as? [[String: Any]])?.first)
    XCTAssertEqual(step["name"] as? String, "mean")
    XCTAssertEqual(step["kernel"] as? String, "reduce")
    XCTAssertNil(step["gflops"])
    for key in ["median_ms", "share_of_time", "gb_per_s", "share_of_bandwidth"] { XCTAssert(try XCTUnwrap(step[key] as? Double, key) > 0, key) }
    for key in ["peak_gflops", "bandwidth_gb_per_s"] { XCTAssert(try XCTUnwrap(report[key] as? Double, key) > 0, key) }
    XCTAssertNotNil(try succeed("bench", "net.pfmodel").output.firstMatch(of: #/(?m)^median_ms: \d+\.\d+$/#))
    try write(SmallModels.color(height: 8, width: nil).encoded(), to: "wide.pfmodel")
    try succeed("bench", "wide.pfmodel")
    try fail("bench", "net.pfmodel", "--backend", "opencl", "--device", "no such device", saying: ["net.pfmodel: ", "OpenCL"])
  }
}
