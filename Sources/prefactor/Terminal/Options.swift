import ArgumentParser
import CPrefactor
import PrefactorCompiler
import PrefactorGraph

enum Backend: String, ExpressibleByArgument, CaseIterable, Encodable {
  case cpu, opencl

  var code: pf_backend { self == .cpu ? PF_BACKEND_CPU : PF_BACKEND_OPENCL }
}

struct ExecutionOptions: ParsableArguments {
  @Option(help: "Threads to run on; 0 is one for each processor.") var threads = 0

  @Option(help: "What runs the network.") var backend = Backend.cpu

  func validate() throws {
    guard (0...64).contains(threads) else { throw ValidationError("--threads must be from 0 to 64") }
  }

  var engineOptions: EngineOptions {
    var options = EngineOptions()
    options.threads = threads
    options.backend = backend.code
    return options
  }
}

/// What an `.onnx` file does not say about its network.
struct DescriptionOptions: ParsableArguments {
  @Option(help: ArgumentHelp("How an image becomes the input, as JSON.", valueName: "pre.json")) var preprocess: String?

  @Option(help: ArgumentHelp("Names of the classes, one a line.", valueName: "names.txt")) var classLabels: String?

  /// `overriding` decides whether the options or the file's own preprocessing counts where there are both.
  func network(_ path: String, overriding: Bool = true) throws -> Network {
    var network = try Network(path)
    if let preprocess, overriding || network.graph.preprocessing == nil { try network.graph.setPreprocessing(file: preprocess) }
    if let classLabels { try network.graph.setLabels(file: classLabels) }
    return network
  }
}
