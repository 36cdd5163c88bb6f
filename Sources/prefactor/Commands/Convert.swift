import ArgumentParser
import PrefactorCompiler

struct Convert: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Writes a network as a .pfmodel as it is, without factorization.")

  @Argument(help: "The network.") var model: String

  @OptionGroup var output: OutputOptions

  @OptionGroup var description: DescriptionOptions

  func run() throws {
    var network = try description.network(model)
    let file = try output.file.file(apartFrom: network.files + description.files)
    try output.round(&network)
    try output.write(network.graph, to: file)
  }
}
