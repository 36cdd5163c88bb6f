import ArgumentParser
import PrefactorCompiler

struct Convert: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Writes a network as a .pfmodel as it is, without factorization.")

  @Argument(help: "The network.") var model: String

  @OptionGroup var output: OutputOptions

  @OptionGroup var description: DescriptionOptions

  func run() throws {
    let network = try description.network(model)
    let file = try output.file.file(apartFrom: network.files)
    try file.write { try Compiler.convert(network, weights: output.weights, target: output.chosenTarget) }
  }
}
