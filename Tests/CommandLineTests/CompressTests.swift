import PrefactorCompiler
import PrefactorEngine
import PrefactorGraph
import PrefactorModelFormat
import PrefactorRuntime
import XCTest

final class CompressTests: CommandLineTestCase {
  override func setUpWithError() throws {
    try super.setUpWithError()
    try write(SmallModels.dense().encoded(), to: "dense.pfmodel")
  }

  func testEnergy() throws {
    let outcome = try run("compress", "dense.pfmodel", "-o", "small.pfmodel", "--energy", "0.99")
    XCTAssertEqual(outcome.code, 0, outcome.errors)
    XCTAssert(outcome.output.contains("svd") && outcome.output.contains("outputs differ by 0.00 %"), outcome.output)
    XCTAssert(outcome.errors.contains("accuracy") && outcome.errors.contains("prefactor eval"), outcome.errors)
    let metadata = try Graph(decoding: read("small.pfmodel")).metadata
    XCTAssertEqual(metadata.last?.key, "prefactor.compression")
    XCTAssertEqual(metadata.last?.value, "energy 0.99 of the weights, without calibration: accuracy is unknown")
    let report = try succeed("inspect", "small.pfmodel", "--json").json
    XCTAssertEqual(report["macs"] as? Int, 12 + 16)
    XCTAssertEqual(report["macs_before"] as? Int, 12 * 16)
  }

  func testTheLibraryMakesWhatTheCommandWrites() throws {
    XCTAssertEqual(
      try run("compress", "dense.pfmodel", "-o", "small.pfmodel", "--energy", "0.99", "--weights", "fp16").code, 0)
    let request = CompressRequest(try Network(path("dense.pfmodel")), .energy(0.99), weights: .fp16)
    var work: [String] = []
    let result = try Compiler.compress(request) { name, _, _ in if work.last != name { work.append(name) } }
    XCTAssertEqual(result.bytes, try read("small.pfmodel"))
    XCTAssertEqual(result.layers.macs, 12 + 16)
    XCTAssert((0..<1e-3).contains(result.difference), "\(result.difference)")
    XCTAssertEqual(work, ["choosing ranks", "factoring fc", "comparing"])
  }

  func testPlan() throws {
    try write(#"{"fc": {"method": "svd", "rank": 2}}"#, to: "plan.json")
    try succeed("compress", "dense.pfmodel", "-o", "small.pfmodel", "--plan", "plan.json")
    let layer = try Graph(decoding: read("small.pfmodel")).layers[0]
    XCTAssertEqual(layer.method, "svd")
    for (plan, words) in [
      (#"{"fd": {"method": "svd", "rank": 2}}"#, ["layer 'fd'", "'fc'"]),
      (#"{"fc": {"method": "magic"}}"#, ["layer 'fc'", "magic"]),
      (#"{"fc": {"method": "svd", "rank": 0}}"#, ["layer 'fc'", "rank"]), ("[]", []), ("{", []),
    ] {
      try write(plan, to: "plan.json")
      try fail(
        "compress", "dense.pfmodel", "-o", "other.pfmodel", "--plan", "plan.json", saying: ["plan.json: "] + words)
      XCTAssertFalse(FileManager.default.fileExists(atPath: path("other.pfmodel")))
    }
  }

  /// What clustering puts in another order is in the weights of the layers beside it; and at full rank nothing is lost
  /// on the way.
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

  /// OpenBLAS sums in another order on each kind of processor. What it would choose here must not matter.
  func testProcessorsWithAVX2MakeTheSameBytes() throws {
    guard KernelSet.all.contains(where: { $0.description == "avx2" && $0.isAvailable }) else {
      throw XCTSkip("this processor has no AVX2")
    }
    var graph = Graph()
    let input = graph.addInput(name: "x", dims: [1, 512])
    // Orthogonal rows of one length: which vectors are singular is a matter of rounding.
    let elements = (0..<64 * 512).map { index -> Float in
      let frequency = Double.pi * Double(1 + index / 512) / 512
      return Float(cos(frequency * (Double(index % 512) + 0.5)))
    }
    let weights = graph.addConstant(Tensor([64, 512], elements))
    graph.layers = [Layer(name: "fc", macsBefore: 64 * 512, bytesBefore: 4 * 64 * 512)]
    graph.outputs = [graph.addNode(.fullyConnected(FullyConnected()), [input, weights], name: "fc", layer: 0)]
    graph.names[graph.outputs[0]] = "y"
    try write(graph.encoded(), to: "wide.pfmodel")
    func compressed(_ core: String?) throws -> [UInt8] {
      unsetenv("OPENBLAS_CORETYPE")
      if let core { setenv("OPENBLAS_CORETYPE", core, 1) }
      defer { unsetenv("OPENBLAS_CORETYPE") }
      XCTAssertEqual(try run("compress", "wide.pfmodel", "-o", "small.pfmodel", "--energy", "0.5").code, 0)
      return try read("small.pfmodel")
    }
    let bytes = try compressed(nil)
    XCTAssertTrue(bytes == (try compressed("Haswell")))
    // The variable is followed, and makes a difference.
    XCTAssertFalse(bytes == (try compressed("Nehalem")))
  }

  func testMetricsOfCalibrationImages() throws {
    try writeScoresAndImages()
    for (metric, recorded) in [
      (nil, "data"), ("data", "data"), ("mahalanobis", "mahalanobis"), ("frobenius", "frobenius"),
    ] {
      try write(
        #"{"fc": {"method": "svd", "rank": 1\#(metric.map { #", "metric": "\#($0)""# } ?? "")}}"#, to: "plan.json")
      try succeed("compress", "scores.pfmodel", "-o", "small.pfmodel", "--plan", "plan.json", "--calibration", "images")
      let layer = try Graph(decoding: read("small.pfmodel")).layers[0]
      XCTAssert(layer.parameters.contains(#""metric":"\#(recorded)""#), layer.parameters)
      XCTAssert((0.001..<1).contains(layer.relativeError), "\(layer.relativeError) in \(recorded)")
    }
    try write("red.png 0\ngreen.jpg 1\n", to: "labels.txt")
    try succeed(
      "compress", "scores.pfmodel", "-o", "small.pfmodel", "--plan", "plan.json", "--calibration", "images", "--labels",
      "labels.txt")
  }

  func testCalibrationImagesThatCannotBeUsed() throws {
    try writeScoresAndImages()
    try write(#"{"fc": {"method": "svd", "rank": 1}}"#, to: "plan.json")
    try write("absent.png 0\n", to: "absent.txt")
    try FileManager.default.createDirectory(atPath: path("empty"), withIntermediateDirectories: true)
    func compress(_ model: String, _ arguments: String..., saying words: [String]) throws {
      try fail(
        ["compress", model, "-o", "other.pfmodel", "--plan", "plan.json", "--calibration"] + arguments, saying: words)
      XCTAssertFalse(FileManager.default.fileExists(atPath: path("other.pfmodel")))
    }
    try compress("scores.pfmodel", "nowhere", saying: ["nowhere: "])
    try compress("scores.pfmodel", "empty", saying: ["empty: ", "no files that end in .jpg"])
    try compress(
      "scores.pfmodel", "images", "--labels", "absent.txt", saying: ["images/absent.png: ", "none of the 1"])
    try compress("scores.pfmodel", "images", "--calibration", "images", saying: ["one input", "2 times"])
    try compress("dense.pfmodel", "images", saying: ["dense.pfmodel: ", "--preprocess"])
    // One that cannot be read is passed over.
    try write("no image", to: "images/text.png")
    let outcome = try run(
      "compress", "scores.pfmodel", "-o", "some.pfmodel", "--plan", "plan.json", "--calibration", "images")
    XCTAssertEqual(outcome.code, 0)
    XCTAssertEqual(outcome.errors.split(separator: "\n").count, 1)
    XCTAssert(outcome.errors.contains("warning: images/text.png: "), outcome.errors)
    try succeed(
      "compress", "scores.pfmodel", "-o", "all.pfmodel", "--plan", "plan.json", "--calibration", "images", "--labels",
      try labels())
    XCTAssertEqual(
      try Graph(decoding: read("some.pfmodel")).layers[0].relativeError,
      try Graph(decoding: read("all.pfmodel")).layers[0].relativeError)
  }

  private func labels() throws -> String {
    try write("blue.png 2\ngreen.jpg 1\nred.png 0\n", to: "labels.txt")
    return "labels.txt"
  }

  /// Two layers side by side read the network's input, and two more what is an output of the network too.
  func testLayersThatReadTheSame() throws {
    try write(SmallModels.branches().encoded(), to: "branches.pfmodel")
    try writeScoresAndImages()
    for metric in ["data", "mahalanobis"] {
      let choices = ["left", "right", "upper", "lower"].map {
        #""\#($0)": {"method": "svd", "rank": 2, "metric": "\#(metric)"}"#
      }
      try write("{\(choices.joined(separator: ", "))}", to: "plan.json")
      try succeed(
        "compress", "branches.pfmodel", "-o", "small.pfmodel", "--plan", "plan.json", "--calibration", "images")
      let layers = try Graph(decoding: read("small.pfmodel")).layers
      XCTAssertEqual(layers.map(\.method), ["svd", "svd", "svd", "svd"])
      // The pairs have the same weights and see the same.
      XCTAssertEqual(layers[0].relativeError, layers[1].relativeError)
      XCTAssertEqual(layers[2].relativeError, layers[3].relativeError)
    }
  }

  func testEnergyOfTheOutputsOnSamples() throws {
    try write(SmallModels.dense(rank: 12).encoded(), to: "full.pfmodel")
    try write(SmallModels.dense(rank: 12, ofSignal: true).encoded(), to: "signal.pfmodel")
    for folder in ["arrays", "signals"] {
      try FileManager.default.createDirectory(atPath: path(folder), withIntermediateDirectories: true)
    }
    var numbers = SplitMix64(seed: 7)
    // Inputs along two directions: two ranks keep all energy of the outputs, and not that of the weights.
    for index in 0..<3 {
      let samples = (0..<50).flatMap { _ -> [Float] in
        let (a, b) = (Float.random(in: -1...1, using: &numbers), Float.random(in: -1...1, using: &numbers))
        return (0..<16).map { a * Float($0) + b * Float($0 * $0 % 7) }
      }
      try write(npy("<f4", "(50, 16)", samples), to: "arrays/\(index).npy")
      try write(npy("<f4", index == 0 ? "(1, 800)" : "(800,)", samples), to: "signals/\(index).npy")
    }
    for (model, folder, count) in [("full.pfmodel", "arrays", 150), ("signal.pfmodel", "signals", 3)] {
      try succeed("compress", model, "-o", "small.pfmodel", "--energy", "0.98", "--calibration", folder)
      let graph = try Graph(decoding: read("small.pfmodel"))
      XCTAssertEqual(graph.layers[0].parameters, #"{"metric":"data","rank":2}"#, model)
      XCTAssertEqual(graph.metadata.last?.value, "energy 0.98, calibrated on \(count) samples")
    }
    // Of the weights that share takes more ranks than are worth it.
    _ = try run("compress", "full.pfmodel", "-o", "small.pfmodel", "--energy", "0.9")
    XCTAssertEqual(try Graph(decoding: read("small.pfmodel")).layers[0].method, "none")
  }

  func testArraysForSeveralInputs() throws {
    try write(SmallModels.twoInputs().encoded(), to: "two.pfmodel")
    for (folder, values) in [("a", [Float](arrayLiteral: 1, 2, 3)), ("b", [4, -5, 6])] {
      try FileManager.default.createDirectory(atPath: path(folder), withIntermediateDirectories: true)
      try write(npy("<f4", "(3,)", values), to: "\(folder)/1.npy")
      try write(npy("<f4", "(1, 3)", values.map { $0 * $0 }), to: "\(folder)/2.npy")
    }
    try write(#"{"fc": {"method": "svd", "rank": 1}}"#, to: "plan.json")
    func compress(_ folders: String...) throws -> Outcome {
      try run(
        ["compress", "two.pfmodel", "-o", "small.pfmodel", "--plan", "plan.json"]
          + folders.flatMap { ["--calibration", $0] })
    }
    XCTAssertEqual(try compress("x=a", "y=b").code, 0)
    XCTAssert(try compress("x=a").errors.contains("--calibration y=DIR"))
    try write(npy("<f4", "(4,)", [Float](repeating: 1, count: 4)), to: "b/1.npy")
    XCTAssert(
      try compress("x=a", "y=b").errors.contains("b/1.npy: has the shape [4], and input 'y' takes float32 [batch, 3]"))
    try write(npy("<f4", "(3,)", [Float](repeating: 1, count: 3)), to: "b/3.npy")
    XCTAssert(try compress("x=a", "y=b").errors.contains("'3.npy' is in one of them alone"))
  }

  private func writeScoresAndImages() throws {
    try write(SmallModels.describedScores().encoded(), to: "scores.pfmodel")
    try FileManager.default.createDirectory(atPath: path("images"), withIntermediateDirectories: true)
    for (name, bytes) in [
      ("red.png", SmallImages.redPNG), ("green.jpg", SmallImages.greenJPEG), ("blue.png", SmallImages.bluePalettePNG),
    ] {
      try write(bytes, to: "images/\(name)")
    }
  }
}
