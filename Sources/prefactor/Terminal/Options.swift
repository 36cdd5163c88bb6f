import ArgumentParser
import CPrefactor
import Foundation
import PrefactorCompiler
import PrefactorGraph
import PrefactorRuntime

enum Backend: String, ExpressibleByArgument, CaseIterable, Encodable {
  case cpu, opencl

  var code: pf_backend { self == .cpu ? PF_BACKEND_CPU : PF_BACKEND_OPENCL }
}

struct ExecutionOptions: ParsableArguments {
  @Option(parsing: .unconditional, help: "Threads to run on; 0 is one for each processor.") var threads = 0

  @Option(help: "What runs the network.") var backend = Backend.cpu

  @Option(
    help: ArgumentHelp(
      "With --backend opencl: the number of a device, or a part of its name, as `prefactor devices` lists them.",
      valueName: "device"))
  var device: String?

  enum Precision: String, ExpressibleByArgument, CaseIterable, Encodable {
    case fp32, fp16
  }

  @Option(
    help: ArgumentHelp(
      """
      With --backend opencl: what activations are in the device's memory; with fp16 they take half of it, outputs \
      change in the third digit, and GPUs that can multiply such numbers do.
      """,
      valueName: "fp32|fp16"))
  var precision = Precision.fp32

  func validate() throws {
    guard device == nil || backend == .opencl else { throw ValidationError("--device is for --backend opencl") }
    guard precision == .fp32 || backend == .opencl else {
      throw ValidationError("--precision fp16 is for --backend opencl")
    }
    guard (0...64).contains(threads) else { throw ValidationError("--threads must be from 0 to 64") }
  }

  var engineOptions: EngineOptions {
    var options = EngineOptions()
    options.threads = threads
    options.backend = backend.code
    options.device = device
    options.halfPrecision = precision == .fp16
    return options
  }
}

/// Where a result goes.
struct OutputFileOptions: ParsableArguments {
  @Option(name: .shortAndLong, help: ArgumentHelp("The file to write; - is standard output.", valueName: "file"))
  var output: String

  @OptionGroup var force: ForceOption

  /// Known to be writable, and none of the files that the result is made from.
  func file(apartFrom sources: [String?]) throws -> OutputFile {
    let file = try OutputFile(output)
    if file.isStandardOutput, isatty(STDOUT_FILENO) != 0 {
      throw FileError(output, "standard output is a terminal: send it to a file")
    }
    try force.check(file, sources)
    return file
  }
}

struct ForceOption: ParsableArguments {
  @Flag(help: "Replace a file even if it is one that is read.") var force = false

  func check(_ file: OutputFile, _ sources: [String?]) throws {
    if !force { try file.requireApart(from: sources.compactMap(\.self)) }
  }
}

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
      let all = Target.all
      for index in all.indices where all[index].name.description == target { return all[index] }
      throw ValidationError("--target must be one of \(OutputOptions.targets)")
    }
  }

  private static var targets: String {
    let all = Target.all
    return all.indices.map { all[$0].name.description }.joined(separator: ", ")
  }
}

/// What an `.onnx` file does not say about its network.
struct DescriptionOptions: ParsableArguments {
  @Option(help: ArgumentHelp("How an image becomes the input, as JSON.", valueName: "pre.json")) var preprocess: String?

  @Option(help: ArgumentHelp("Names of the classes, one a line.", valueName: "names.txt")) var classLabels: String?

  @OptionGroup var importing: ImportOptions

  var files: [String?] { [preprocess, classLabels] }

  /// `overriding` decides whether the options or the file's own preprocessing counts where there are both.
  func network(_ path: String, overriding: Bool = true) throws -> Network {
    var network = try importing.network(path)
    if let preprocess, overriding || network.graph.preprocessing == nil {
      try network.graph.setPreprocessing(file: preprocess)
    }
    if let classLabels { try network.graph.setLabels(file: classLabels) }
    return network
  }
}
