import ArgumentParser
import PrefactorCompiler

struct Export: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Writes a network as ONNX in ordinary operators, for training or other runtimes.")

  @Argument(help: "The network.") var model: String

  @OptionGroup var importing: ImportOptions

  @Option(name: .shortAndLong, help: "The .onnx to write.") var output: String

  func run() throws { try Compiler.export(try importing.network(model).graph, to: output) }
}
