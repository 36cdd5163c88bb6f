import PrefactorGraph
import PrefactorModelFormat
import XCTest

/// Files of strangers: what they say of themselves neither ends the command nor reaches the terminal.
final class ForeignFileTests: CommandLineTestCase {
  func testNamesCannotCommandTheTerminal() throws {
    var graph = SmallModels.describedColor()
    var layer = Layer(name: "a\u{1B}[31m\nb\u{9B}\u{202E}", macsBefore: 1, bytesBefore: 1)
    layer.method = "none\u{7}"
    graph.layers = [layer]
    try write(graph.encoded(), to: "net.pfmodel")
    let table = try succeed("inspect", "net.pfmodel").output
    XCTAssertTrue(table.contains("a\u{FFFD}[31m\u{FFFD}b\u{FFFD}\u{FFFD}"), table)
    let json = try succeed("inspect", "net.pfmodel", "--json")
    XCTAssertFalse(
      json.output.unicodeScalars.contains { $0.value < 0x20 && $0 != "\n" || $0.value == 0x9B || $0.value == 0x202E },
      json.output)
    XCTAssertEqual((json.json["layers"] as? [[String: Any]])?.first?["name"] as? String, layer.name)
    graph.layers[0].parameters = "no JSON"
    try write(graph.encoded(), to: "net.pfmodel")
    try fail("inspect", "net.pfmodel", saying: ["layer 'a\u{FFFD}[31m\u{FFFD}b"])
  }

  /// Warnings and messages, whose line ends are their own.
  func testNamesOfFilesCannotCommandTheTerminal() throws {
    try write(SmallModels.describedColor().encoded(), to: "net.pfmodel")
    let evil = "\u{1B}]0;evil\u{7}\n.png"
    try write(SmallImages.redPNG, to: "red.png")
    try write("\(evil.replacingOccurrences(of: "\n", with: "")) 0\nred.png 0\n", to: "labels.txt")
    for arguments in [
      ["classify", "net.pfmodel", evil], ["classify", "net.pfmodel", "red.png", "--size", evil],
      ["eval", "net.pfmodel", "--images", ".", "--labels", "labels.txt"],
    ] {
      let errors = try run(arguments).errors
      XCTAssert(errors.contains("\u{FFFD}]0;evil\u{FFFD}"), errors)
      XCTAssertFalse(errors.unicodeScalars.contains { $0.value < 0x20 && $0 != "\n" }, errors)
    }
  }

  func testSumsOfHugeCounts() throws {
    var graph = SmallModels.describedColor()
    graph.layers = (0..<3).map { Layer(name: "layer \($0)", macsBefore: .max, bytesBefore: .max) }
    try write(graph.encoded(), to: "net.pfmodel")
    XCTAssertEqual(try succeed("inspect", "net.pfmodel", "--json").json["macs_before"] as? Int, .max)
    try succeed("inspect", "net.pfmodel")
  }

  func testWeightsThatAreComputed() throws {
    var graph = Graph()
    let image = graph.addInput(name: "image", dims: [1, 4, 4, 2])
    let weights = graph.addInput(name: "weights", dims: [3, 1, 1, 2])
    let output = graph.addNode(.convolution(Convolution()), [image, weights], name: "conv")
    graph.outputs = [output]
    graph.names[output] = "y"
    try write(graph.encoded(), to: "net.pfmodel")
    for command in [
      ["export", "net.pfmodel", "-o", "net.onnx"], ["inspect", "net.pfmodel"], ["bench", "net.pfmodel"],
    ] {
      let outcome = try run(command)
      XCTAssertEqual(outcome.code, 1, "\(command)")
      XCTAssertTrue(
        outcome.errors.contains("net.pfmodel: layer 'conv'") && outcome.errors.contains("input 1 is not a constant"),
        outcome.errors)
    }
  }

  /// The path, of which the runtime shows a part, does not hide the reason.
  func testLongPaths() throws {
    let name = String(repeating: "x", count: 200) + ".pfmodel"
    try write("no model", to: name)
    try fail("bench", path(name), saying: [".pfmodel: has 8 bytes"])
  }
}
