import ArgumentParser
import PrefactorCompiler
import PrefactorGraph

/// What is decided when an `.onnx` file is imported.
struct ImportOptions: ParsableArguments {
  @Option(
    name: .customLong("shape"),
    help: ArgumentHelp(
      """
      Fixes dimensions that an .onnx file leaves open; ? leaves a dimension open. Repeat the option for each input.
      """,
      valueName: "name=1x3x48x?"))
  var shapes: [InputShape] = []

  func validate() throws { try shapes.requireOneForEachInput("--shape") }

  /// Reads a network, and shows that it takes a while.
  func network(
    _ path: String, bindings: [String: Tensor] = [:], preprocessing: String? = nil, labels: String? = nil,
    overriding: Bool = true
  ) throws -> Network {
    ProgressBar.shared.show("reading \(path)")
    defer { ProgressBar.shared.clear() }
    let dims = shapes.map { shape in (shape.name, shape.dims.map { $0 == 0 ? nil : $0 }) }
    return try Network(
      path, bindings: bindings, shapes: Dictionary(uniqueKeysWithValues: dims), preprocessing: preprocessing,
      labels: labels, overriding: overriding)
  }
}
