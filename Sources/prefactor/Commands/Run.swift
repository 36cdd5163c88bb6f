import ArgumentParser
import Foundation
import PrefactorCompiler
import PrefactorEngine
import PrefactorGraph

struct Run: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Runs a network on .npy files.",
    discussion: """
      Inputs may have any integer or floating-point type; they are converted if the network can take their values. \
      Outputs are float32 or int64, bool if those of the ONNX model are, or the integers of quantized values.
      """)

  @Argument(help: "The network.") var model: String

  @OptionGroup var importing: ImportOptions

  @Option(
    name: .customLong("input"),
    help: ArgumentHelp("An input and its .npy file, as in data=cat.npy.", valueName: "name=file"))
  var inputs: [InputFile] = []

  @Option(
    help: ArgumentHelp(
      "Write each output to a .npy file in this folder, named after it with '_' for '/'.", valueName: "dir"))
  var outputDir: String?

  @OptionGroup var force: ForceOption
  @OptionGroup var sizes: SizeOptions
  @OptionGroup var execution: ExecutionOptions

  func validate() throws {
    if let name = Dictionary(grouping: inputs, by: \.name).first(where: { $1.count > 1 })?.key {
      throw ValidationError("input '\(name)' is given twice")
    }
  }

  func run() throws {
    let files = Dictionary(uniqueKeysWithValues: inputs.map { ($0.name, $0.path) })
    let given = try files.mapValues(NumPyFile.read)
    var tensors = given.mapValues(\.tensor)
    let network = try importing.network(model, bindings: tensors)
    for input in network.graph.inputs {
      let name = network.graph.name(of: input)
      if let tensor = given[name] { tensors[name] = try network.graph.converted(tensor, for: input, files[name]!) }
    }
    try check(tensors, network.graph)
    var options = try sizes.added(to: execution.engineOptions, for: network)
    for (index, input) in network.graph.inputs.enumerated() {
      let dims = tensors[network.graph.names[input.value]!]!.dims
      try check(dims, input, network.graph, options)
      // Those that are given besides must be the same.
      options.inputShapes[index] = zip(options.inputShapes[index], dims).map { $0 > 0 ? $0 : $1 }
    }
    let engine = try network.engine(options)
    let loaded = try engine.inputs.map { input in
      let tensor = tensors[input.name]!
      guard tensor.dims == input.dims else {
        throw FileError(
          files[input.name]!, "has the shape \(tensor.dims), and input '\(input.name)' takes \(input.dims)")
      }
      return tensor
    }
    engine.warnOfLongRun(model)
    let results = try inFile(model) { try engine.run(loaded) }
    let named = zip(engine.outputs.map(\.name), results)
    if let outputDir {
      return try write(Array(named), network.graph, to: outputDir, sources: network.files + files.values)
    }
    for (name, tensor) in named { print(summary(tensor, name)) }
  }

  /// A file says how large its input is; --size and --batch cannot say otherwise.
  private func check(_ dims: [Int], _ input: Graph.Input, _ graph: Graph, _ options: EngineOptions) throws {
    for (axis, dimension) in input.dimensions.enumerated() {
      guard case .symbol(let symbol) = dimension, let size = options.size(graph.symbols[symbol].role),
        size != dims[axis]
      else { continue }
      throw FileError(
        model,
        """
        input '\(graph.names[input.value] ?? "")' is given \(dims), whose '\(graph.symbols[symbol].name)' is not \
        \(size)
        """
      )
    }
  }

  /// Of an `.onnx`, inputs that became constants are no longer there.
  private func check(_ tensors: [String: Tensor], _ graph: Graph) throws {
    let names = graph.inputs.map(graph.name)
    if !Compiler.isONNX(model), let unknown = tensors.keys.sorted().first(where: { !names.contains($0) }) {
      throw FileError(model, "has no input '\(unknown)'; it has \(names.map { "'\($0)'" }.joined(separator: ", "))")
    }
    for input in graph.inputs {
      let name = graph.name(of: input)
      let expected = graph.text(of: input)
      guard let tensor = tensors[name] else {
        throw FileError(model, "needs input '\(name)', \(expected): give --input \(name)=FILE.npy")
      }
      let fits =
        tensor.type == input.type && tensor.dims.count == input.dims.count
        && zip(tensor.dims, input.dims).allSatisfy { $1 == nil || $0 == $1 }
      if !fits {
        throw FileError(model, "input '\(name)' takes \(expected), and is given \(tensor.type) \(tensor.dims)")
      }
    }
  }

  private func write(
    _ outputs: [(name: String, tensor: Tensor)], _ graph: Graph, to directory: String, sources: [String]
  ) throws {
    do { try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true) } catch {
      throw FileError(directory, "is not a folder, and one cannot be created there")
    }
    let files = outputs.map { $0.name.replacing("/", with: "_") + ".npy" }
    if let double = Dictionary(grouping: files, by: \.self).first(where: { $1.count > 1 })?.key {
      throw FileError(model, "has several outputs that would be written to '\(double)'")
    }
    let targets = try files.map { try OutputFile("\(directory)/\($0)") }
    for target in targets { try force.check(target, sources) }
    for (target, output) in zip(targets, outputs) {
      try NumPyFile.write(output.tensor, isBoolean: graph.isBoolean(output: output.name), to: target)
    }
  }

  private func summary(_ tensor: Tensor, _ name: String) -> String {
    let values: [Double] =
      switch tensor.numbers {
      case .floats(let values): values.map(Double.init)
      case .integers(let values): values.map(Double.init)
      }
    let head = "\(name): \(tensor.type) \(tensor.dims)"
    guard let low = values.min(), let high = values.max() else { return head }
    let mean = values.reduce(0, +) / Double(values.count)
    return head + ", min \(low.formatted(6)), max \(high.formatted(6)), mean \(mean.formatted(6))"
  }
}

struct InputFile: ExpressibleByArgument {
  var name: String, path: String

  init?(argument: String) {
    guard let equals = argument.firstIndex(of: "="), equals != argument.startIndex else { return nil }
    name = String(argument[..<equals])
    path = String(argument[argument.index(after: equals)...])
  }
}
