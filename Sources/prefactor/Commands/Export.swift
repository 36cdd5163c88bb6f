import ArgumentParser
import PrefactorCompiler

struct Export: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Writes a network as ONNX in ordinary operators, for training or other runtimes.")

  @Argument(help: "The network.") var model: String

  @OptionGroup var importing: ImportOptions

  @OptionGroup var output: OutputFileOptions

  func run() throws {
    let network = try importing.network(model)
    if !network.graph.quantizations.isEmpty {
      warn("\(model): scales and zero points are not exported; the .onnx has the integers alone")
    }
    let file = try output.file(apartFrom: network.files)
    try file.write { try Compiler.export(network) }
  }
}
