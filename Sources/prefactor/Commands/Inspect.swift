import ArgumentParser
import PrefactorCompiler

struct Inspect: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Prints the layers of a network: methods, ranks, multiplies, bytes of weights.",
    discussion: "Multiplies are for one image; where height and width are open, of 224 × 224.")

  @Argument(help: "The network.") var model: String

  @OptionGroup var importing: ImportOptions

  @Flag(help: "Print JSON.") var json = false

  func run() throws {
    let graph = try importing.network(model).graph
    let report = try inFile(model) { try LayerReport(graph) }
    if json { try printJSON(report) } else { print(Table(report)) }
  }
}
