import ArgumentParser
import PrefactorCompiler
import PrefactorGraph

struct Inspect: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Prints what a network takes and gives, and its layers: methods, ranks, multiplies, bytes of weights.",
    discussion: """
      Names in shapes are open dimensions. A ? is a dimension that the file does not say how to compute. Multiplies \
      are for one image, of 224 × 224 if its height and width are open. The integers of a quantized input or output \
      stand for scale × (integer - zero point). With --json, all class labels and scales are printed.
      """)

  @Argument(help: "The network.") var model: String

  @OptionGroup var importing: ImportOptions

  @Flag(help: "Print JSON.") var json = false

  func run() throws {
    let graph = try importing.network(model).graph
    let report = try inFile(model) { try NetworkReport(graph) }
    if json { return try printJSON(report) }
    print(description(report))
    if !report.layers.layers.isEmpty { print("\n\(Table(report.layers))") }
  }

  private func description(_ report: NetworkReport) -> String {
    var lines: [(String, String)] = []
    func tensor(_ tensor: NetworkReport.Tensor) -> String {
      "\(tensor.name): \(tensor.type) [\(tensor.shape.map { "\($0)" }.joined(separator: ", "))]"
        + (tensor.quantization.map { ", \(text($0))" } ?? "")
    }
    for input in report.inputs { lines.append(("input", tensor(input))) }
    for output in report.outputs { lines.append(("output", tensor(output))) }
    lines.append(
      ("images", report.preprocessing.map(text) ?? "no preprocessing: give --preprocess where there are images"))
    let labels = report.classLabels
    let others = labels.count > 3 ? ", …" : ""
    lines.append(
      ("labels", labels.isEmpty ? "none" : "\(labels.count): \(labels.prefix(3).joined(separator: ", "))\(others)"))
    lines.append(("weights", report.weights))
    for property in report.metadata { lines.append((property.key, property.value)) }
    let width = lines.map(\.0.count).max()!
    return lines.map { $0 + String(repeating: " ", count: width + 2 - $0.count) + $1 }.joined(separator: "\n")
  }

  private func text(_ quantization: Quantization) -> String {
    func range<Number: Comparable>(_ name: String, _ numbers: [Number]) -> String {
      guard let least = numbers.min(), let most = numbers.max() else { return "no \(name)" }
      return least == most ? "\(name) \(least)" : "\(name) \(least) … \(most)"
    }
    let text = "\(range("scale", quantization.scales)), \(range("zero point", quantization.zeroPoints))"
    return quantization.axis.map { "\(text) along axis \($0)" } ?? text
  }

  private func text(_ images: NetworkReport.Images) -> String {
    let resize = images.crop.map { "from the centre of a shorter side of \($0)" } ?? "stretched"
    func list(_ values: [Float]) -> String { values.map { "\($0)" }.joined(separator: ", ") }
    return
      """
      \(images.size[0]) × \(images.size[1]) \(images.channels), \(resize); mean \(list(images.mean)), std \
      \(list(images.std))
      """
  }
}
