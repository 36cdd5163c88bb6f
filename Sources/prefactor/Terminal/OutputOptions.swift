import ArgumentParser
import PrefactorCompiler
import PrefactorGraph
import PrefactorRuntime

/// How a `.pfmodel` is written.
struct OutputOptions: ParsableArguments {
  @OptionGroup var file: OutputFileOptions

  @Option(
    help: ArgumentHelp(
      """
      Store the form of the weights that is fastest on one kind of processor beside the one for all: sessions start \
      sooner there. One of \(OutputOptions.targets).
      """,
      valueName: "processor"))
  var target: String?

  enum Weights: String, ExpressibleByArgument, CaseIterable {
    case fp32, fp16
  }

  @Option(
    help: ArgumentHelp(
      """
      What weights are stored as: fp16 halves the file, and the time of layers that wait for their weights; outputs \
      change in the fourth digit. As in the given network if left out.
      """,
      valueName: "fp32|fp16"))
  var weights: Weights?

  func validate() throws {
    _ = try chosenTarget
    if Compiler.isONNX(file.output) {
      throw ValidationError("\(file.output): what is written is a .pfmodel, of which prefactor export makes an .onnx.")
    }
  }

  /// Gives the weights the precision that they are to be stored in.
  func round(_ network: inout Network) throws {
    switch weights {
    case .fp32: network.graph.hasHalfWeights = false
    case .fp16: try inFile(network.path) { try network.graph.roundWeights() }
    case nil: if network.graph.hasHalfWeights { try inFile(network.path) { try network.graph.roundWeights() } }
    }
  }

  func write(_ graph: Graph, to file: OutputFile) throws {
    ProgressBar.shared.show("writing \(file.path)")
    defer { ProgressBar.shared.clear() }
    try Compiler.write(graph, to: file, for: try chosenTarget)
  }

  private var chosenTarget: Target? {
    get throws {
      guard let target else { return nil }
      guard let known = Target.named(target) else {
        throw ValidationError("--target must be one of \(OutputOptions.targets)")
      }
      return known
    }
  }

  private static var targets: String {
    let all = Target.all
    return all.indices.map { all[$0].name.description }.joined(separator: ", ")
  }
}
