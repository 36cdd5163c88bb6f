import ArgumentParser
import PrefactorCompiler
import PrefactorEngine
import PrefactorModelFormat

/// How large the dimensions are that a network leaves open.
struct SizeOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Height and width of images, or the length of signals, if the network leaves them open.",
      valueName: "HxW|L"))
  var size: InputSize?

  @Option(
    help: ArgumentHelp("The number of images or signals in a run, if the network leaves it open.", valueName: "n"))
  var batch: Int?

  @Option(
    name: .customLong("input-shape"),
    help: ArgumentHelp(
      "The shape of an input; ? keeps a dimension as it is without. Repeat the option for each input.",
      valueName: "name=1x3x48x320"))
  var shapes: [InputShape] = []

  func validate() throws {
    guard batch.map(InputSize.range.contains) ?? true else {
      throw ValidationError("--batch must be from 1 to \(InputSize.range.upperBound)")
    }
    try shapes.requireOneForEachInput("--input-shape")
  }

  /// The options with these sizes of a network.
  func added(to options: EngineOptions, for network: Network) throws -> EngineOptions {
    let graph = network.graph
    var options = options
    options.batch = batch ?? 0
    switch size {
    case .image(let height, let width):
      try require(network, ["height", "width"], [.height, .width], rank: 4)
      (options.height, options.width) = (height, width)
    case .signal(let length):
      try require(network, ["length"], [.length], rank: 3)
      options.length = length
    case nil: break
    }
    let names = graph.inputs.map { graph.names[$0.value] ?? "" }
    if let unknown = shapes.first(where: { !names.contains($0.name) }) {
      throw FileError(
        network.path, "has no input '\(unknown.name)'; it has \(names.map { "'\($0)'" }.joined(separator: ", "))")
    }
    options.inputShapes = zip(names, graph.inputs).map { name, input in
      shapes.first { $0.name == name }?.dims ?? [Int](repeating: 0, count: input.dims.count)
    }
    return options
  }

  /// A size that no input could have is an error.
  private func require(_ network: Network, _ words: [String], _ roles: [SymbolRole], rank: Int) throws {
    let graph = network.graph
    if graph.symbols.contains(where: { roles.contains($0.role) })
      || graph.inputs.contains(where: { $0.dims.count == rank })
    {
      return
    }
    let inputs = graph.inputs.map { "'\(graph.names[$0.value] ?? "")' \(graph.shapeText(of: $0))" }.joined(
      separator: " and ")
    throw FileError(
      network.path, "takes \(inputs), and none has a \(words.joined(separator: " and ")): give --input-shape")
  }
}

enum InputSize: ExpressibleByArgument {
  /// Those that a session takes.
  static let range = 1...Int(Layout.maximumSize)

  case image(height: Int, width: Int)
  case signal(length: Int)

  init?(argument: String) {
    let sizes = argument.split(separator: "x", omittingEmptySubsequences: false).map { Int($0) ?? 0 }
    guard sizes.allSatisfy(InputSize.range.contains) else { return nil }
    switch sizes.count {
    case 1: self = .signal(length: sizes[0])
    case 2: self = .image(height: sizes[0], width: sizes[1])
    default: return nil
    }
  }
}

struct InputShape: ExpressibleByArgument {
  var name: String
  /// 0 for what is not said.
  var dims: [Int]

  init?(argument: String) {
    guard let equals = argument.lastIndex(of: "="), equals != argument.startIndex else { return nil }
    name = String(argument[..<equals])
    let parts = argument[argument.index(after: equals)...].split(separator: "x", omittingEmptySubsequences: false)
    dims = parts.map { $0 == "?" ? 0 : Int($0) ?? -1 }
    guard dims.count <= Shape.maximumRank, dims.allSatisfy({ $0 == 0 || InputSize.range.contains($0) }) else {
      return nil
    }
    // "0" says nothing that a network could be given.
    guard !parts.contains("0") else { return nil }
  }
}

extension [InputShape] {
  func requireOneForEachInput(_ option: String) throws {
    if let name = Dictionary(grouping: self, by: \.name).first(where: { $1.count > 1 })?.key {
      throw ValidationError("\(option) of '\(name)' is given twice")
    }
  }
}
