import PrefactorGraph
import PrefactorModelFormat
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
    try write(
      #"{"size": [4, 4], "resize": "stretch", "channels": "BGR", "mean": [1, 2, 3], "std": [4, 5, 6]}"#, to: "pre.json")
    try write("red\ngreen\nblue\n", to: "names.txt")
    try succeed(
      "convert", "plain.pfmodel", "-o", "net.pfmodel", "--preprocess", "pre.json", "--class-labels", "names.txt")
    let graph = try Graph(decoding: read("net.pfmodel"))
    XCTAssertEqual(graph.labels, ["red", "green", "blue"])
    XCTAssertEqual(
      graph.preprocessing, Preprocessing(width: 4, height: 4, channels: .bgr, mean: [1, 2, 3], deviation: [4, 5, 6]))
    try succeed("convert", "net.pfmodel", "-o", "again.pfmodel")
    XCTAssertEqual(try read("again.pfmodel"), try read("net.pfmodel"))
  }

  func testFailureLeavesTheOldFile() throws {
    try write(SmallModels.color().encoded(), to: "plain.pfmodel")
    try write("what was here", to: "net.pfmodel")
    try write("red\n", to: "names.txt")
    try fail(
      "convert", "plain.pfmodel", "-o", "net.pfmodel", "--class-labels", "names.txt",
      saying: ["names.txt: names 1 classes", "'scores', has 3 elements"])
    XCTAssertEqual(try read("net.pfmodel"), Array("what was here".utf8))
    try write([], to: "empty.onnx")
    try fail("convert", "empty.onnx", "-o", "net.pfmodel", saying: ["empty.onnx: holds no network"])
    try fail("convert", "plain.pfmodel", "-o", "net.onnx", code: 2, saying: ["net.onnx: what is written is a .pfmodel"])
    try fail("convert", "plain.pfmodel", "-o", "absent/net.pfmodel", saying: ["absent/net.pfmodel: No such file"])
    try succeed("convert", "plain.pfmodel", "-o", "net.pfmodel")
    XCTAssertEqual(
      try FileManager.default.contentsOfDirectory(atPath: folder.path).filter { $0.contains("partial") }, [])
  }

  func testPreprocessingMessages() throws {
    try write(SmallModels.color().encoded(), to: "plain.pfmodel")
    let valid =
      #"{"size": [4, 4], "resize": "shorter-side-crop", "crop": 5, "channels": "RGB", "mean": [1, 2, 3], "#
      + #""std": [4, 5, 6]}"#
    try write(valid, to: "pre.json")
    try succeed("convert", "plain.pfmodel", "-o", "net.pfmodel", "--preprocess", "pre.json")
    for (part, replacement, words) in [
      ("[4, 4]", "4", ["'size'", "2 numbers"]), ("[4, 4]", "[4, 0]", ["'size'", "pixels"]),
      ("[4, 4]", "[4.5, 4]", ["'size'"]),
      ("[4, 4]", "[5, 4]", ["3 × 4 × 5", "3 × 4 × 4"]), ("shorter-side-crop", "squash", ["'resize'", "stretch"]),
      ("shorter-side-crop", "stretch", ["'crop'"]), (#""crop": 5, "#, "", ["'crop'"]), (": 5", ": 3", ["'crop' is 3"]),
      ("[4, 5, 6]", "[4, 5, 6], \"scale\": 0", ["'scale'", "above 0"]), ("RGB", "RBG", ["'channels'", "BGR"]),
      ("RGB", "gray", ["1 × 4 × 4"]), ("[1, 2, 3]", "[1]", ["'mean'", "3 numbers"]),
      (#""mean": [1, 2, 3], "#, "", ["'mean'"]),
      ("[4, 5, 6]", "[4, 0, 6]", ["'std'", "above 0"]), ("std", "deviation", ["'deviation'", "std"]),
      ("}", "", ["JSON"]),
    ] {
      try write(valid.replacing(part, with: replacement), to: "pre.json")
      try fail(
        "convert", "plain.pfmodel", "-o", "net.pfmodel", "--preprocess", "pre.json", saying: ["pre.json: "] + words)
    }
  }

  /// Numbers for pixels from 0 to 1.
  func testUnitsOfPreprocessing() throws {
    try write(SmallModels.color().encoded(), to: "plain.pfmodel")
    func convert(mean: String, std: String, scale: String? = nil) throws -> Outcome {
      let end = scale.map { #", "scale": \#($0)"# } ?? ""
      try write(
        #"{"size": [4, 4], "resize": "stretch", "channels": "RGB", "mean": \#(mean), "std": \#(std)\#(end)}"#,
        to: "pre.json")
      return try run("convert", "plain.pfmodel", "-o", "net.pfmodel", "--preprocess", "pre.json")
    }
    let refused = try convert(mean: "[0.485, 0.456, 0.406]", std: "[0.229, 0.224, 0.225]")
    XCTAssertEqual(refused.code, 1)
    for words in [
      #""mean": [123.675, 116.28, 103.53], "std": [58.395, 57.12, 57.375]"#, #""scale": 0.00392156862745098"#,
    ] {
      XCTAssert(refused.errors.contains(words), refused.errors)
    }
    XCTAssertEqual(
      try convert(mean: "[0.485, 0.456, 0.406]", std: "[0.229, 0.224, 0.225]", scale: "0.00392156862745098").code, 0)
    let preprocessing = try XCTUnwrap(Graph(decoding: read("net.pfmodel")).preprocessing)
    for (value, expected) in zip(
      preprocessing.mean + preprocessing.deviation, [123.675, 116.28, 103.53, 58.395, 57.12, 57.375])
    {
      XCTAssertEqual(value, Float(expected), accuracy: 1e-4)
    }
    for (mean, std, scale, code) in [
      ("[0.5, 0.5, 0.5]", "[0.5, 0.5, 0.5]", nil, 1), ("[0.485, 0.456, 0.406]", "[1, 1, 1]", nil, 1),
      ("[0, 0, 0]", "[1, 1, 1]", nil, 0),
      ("[0, 0, 0]", "[255, 255, 255]", nil, 0), ("[127.5, 127.5, 127.5]", "[1, 1, 1]", nil, 0),
      ("[0.5, 0.5, 0.5]", "[0.5, 0.5, 0.5]", "1", 0),
    ] as [(String, String, String?, Int32)] {
      XCTAssertEqual(try convert(mean: mean, std: std, scale: scale).code, code, "\(mean) \(std)")
    }
  }

  func testImagesWhoseChannelsComeLast() throws {
    var graph = SmallModels.color()
    graph.inputs[0].dimensions = [.fixed(1), .fixed(4), .fixed(6), .fixed(3)]
    var mean = Reduction(.mean)
    (mean.axes, mean.keepDims) = (0b0110, 0)
    graph.nodes[0].operation = .reduction(mean)
    graph.symbols = []
    try write(graph.encoded(), to: "last.pfmodel")
    func convert(_ size: String, _ channels: String = "RGB") throws -> Outcome {
      try write(
        #"{"size": \#(size), "resize": "stretch", "channels": "\#(channels)", "mean": [0, 0, 0], "std": [1, 1, 1]}"#,
        to: "pre.json")
      return try run("convert", "last.pfmodel", "-o", "net.pfmodel", "--preprocess", "pre.json")
    }
    XCTAssertEqual(try convert("[6, 4]").errors, "")
    XCTAssertEqual(try Graph(decoding: read("net.pfmodel")).preprocessing?.isChannelsLast, true)
    try write(SmallImages.redPNG, to: "red.png")
    XCTAssert(try succeed("classify", "net.pfmodel", "red.png", "--top", "1").output.contains("class 0"))
    let turned = try convert("[4, 6]").errors
    XCTAssert(
      turned.contains(
        "6 × 4 × 3 (height × width × channels), and the network takes 4 × 6 × 3: 'size' is [width, height]"), turned)
    XCTAssert(try convert("[6, 4]", "gray").errors.contains("4 × 6 × 1"))
  }

  func testInspectTellsAll() throws {
    var graph = SmallModels.describedColor()
    graph.metadata = [("onnx.producer", "a trainer")]
    try write(graph.encoded(), to: "net.pfmodel")
    let text = try succeed("inspect", "net.pfmodel").output
    for words in [
      "image: float32 [batch, 3, 4, 4]", "scores: float32 [",
      "4 × 4 RGB, stretched; mean 0.0, 0.0, 0.0, std 50.0, 50.0, 50.0",
      "3: red, green, blue\n", "onnx.producer  a trainer",
    ] { XCTAssert(text.contains(words), "no \(words) in \(text)") }
    let report = try succeed("inspect", "net.pfmodel", "--json").json
    let input = try XCTUnwrap((report["inputs"] as? [[String: Any]])?.first)
    XCTAssertEqual(input["name"] as? String, "image")
    XCTAssertEqual(input["type"] as? String, "float32")
    XCTAssertEqual((input["shape"] as? [Any])?.map { "\($0)" }, ["batch", "3", "4", "4"])
    XCTAssertEqual(report["class_labels"] as? [String], ["red", "green", "blue"])
    XCTAssertEqual((report["preprocessing"] as? [String: Any])?["size"] as? [Int], [4, 4])
    XCTAssertEqual((report["metadata"] as? [[String: String]])?.first, ["key": "onnx.producer", "value": "a trainer"])
    XCTAssertEqual(((report["outputs"] as? [[String: Any]])?.first)?["name"] as? String, "scores")
  }

  func testInspectTellsQuantizations() throws {
    var graph = Graph()
    let x = graph.addInput(name: "x", type: .uint8, dims: [2, 3])
    let y = graph.addNode(.tile(Tile()), [x], name: "y")
    graph.outputs = [y]
    graph.names[y] = "y"
    graph.quantizations = [
      x: Quantization(scale: 0.5, zeroPoint: 128),
      y: Quantization(scales: [0.5, 0.25, 2], zeroPoints: [128, 128, 128], axis: 1),
    ]
    try write(graph.encoded(), to: "net.pfmodel")
    let text = try succeed("inspect", "net.pfmodel").output
    for words in [
      "x: uint8 [2, 3], scale 0.5, zero point 128\n",
      "y: uint8 [2, 3], scale 0.25 … 2.0, zero point 128 along axis 1\n",
    ] { XCTAssert(text.contains(words), "no \(words) in \(text)") }
    let report = try succeed("inspect", "net.pfmodel", "--json").json
    func quantization(_ key: String) throws -> [String: Any] {
      try XCTUnwrap((report[key] as? [[String: Any]])?.first?["quantization"] as? [String: Any])
    }
    XCTAssertEqual(try quantization("inputs")["scales"] as? [Double], [0.5])
    XCTAssertNil(try quantization("inputs")["axis"])
    XCTAssertEqual(try quantization("outputs")["zero_points"] as? [Int], [128, 128, 128])
    XCTAssertEqual(try quantization("outputs")["axis"] as? Int, 1)
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
    for key in ["median_ms", "share_of_time", "gb_per_s", "share_of_bandwidth"] {
      XCTAssert(try XCTUnwrap(step[key] as? Double, key) > 0, key)
    }
    for key in ["peak_gflops", "bandwidth_gb_per_s"] { XCTAssert(try XCTUnwrap(report[key] as? Double, key) > 0, key) }
    XCTAssertNotNil(try succeed("bench", "net.pfmodel").output.firstMatch(of: #/(?m)^median_ms: \d+\.\d+$/#))
    try write(SmallModels.color(height: 8, width: nil).encoded(), to: "wide.pfmodel")
    try succeed("bench", "wide.pfmodel")
    try fail(
      "bench", "net.pfmodel", "--backend", "opencl", "--device", "no such device", saying: ["net.pfmodel: ", "OpenCL"])
  }
}
