import ArgumentParser
import PrefactorCompiler

struct Convert: ParsableCommand {
  static let configuration = CommandConfiguration(abstract: "Writes a network as a .pfmodel as it is, without factorisation.")

  @Argument(help: "The network.") var model: String

  @Option(name: .shortAndLong, help: ArgumentHelp("The .pfmodel to write.", valueName: "file")) var output: String

  @OptionGroup var description: DescriptionOptions

  func run() throws { try Compiler.write(try description.network(model).graph, to: output) }
}
