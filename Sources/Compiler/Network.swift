import PrefactorEngine
import PrefactorGraph
import PrefactorModelFormat

/// A model that the command line was given, and what runs it: a `.pfmodel` as it lies in its file, unless its graph was
/// changed.
public struct Network {
  public let path: String
  /// All files that the network and its description were read from.
  public let files: [String]
  public var graph: Graph { didSet { isAsInFile = false } }
  private var isAsInFile: Bool

  /// `preprocessing` is a JSON file that says how an image becomes the input, and `labels` a text file of the classes'
  /// names, one a line: they count where the file has its own too, but for preprocessing that is not `overriding`. For
  /// the rest see ``Compiler/load(_:bindings:shapes:reading:)``. Throws ``FileError``.
  public init(
    _ path: String, bindings: [String: Tensor] = [:], shapes: [String: [Int?]] = [:], preprocessing: String? = nil,
    labels: String? = nil, overriding: Bool = true
  ) throws {
    var files = [path]
    var graph = try Compiler.load(path, bindings: bindings, shapes: shapes) { files.append($0) }
    let preprocessing = overriding || graph.preprocessing == nil ? preprocessing : nil
    if let preprocessing { try graph.setPreprocessing(file: preprocessing) }
    if let labels { try graph.setLabels(file: labels) }
    let description = [preprocessing, labels].compactMap(\.self)
    (self.path, self.files, self.graph) = (path, files + description, graph)
    isAsInFile = !Compiler.isONNX(path) && description.isEmpty
  }

  /// For a network that takes one image at a time, as its preprocessing says.
  public func imageOptions() throws -> EngineOptions {
    try requirePreprocessing()
    let dims = graph.inputs.map { graph.shape(of: $0, graph.referenceBinding).dims }
    guard dims.count == 1, dims[0].first == 1 else { throw FileError(path, "takes inputs of \(dims), not one image") }
    var options = EngineOptions()
    options.inputShapes = dims
    options.threads = 0
    return options
  }

  public func requirePreprocessing() throws {
    guard graph.preprocessing != nil else {
      throw FileError(
        path, "does not say how an image becomes its input: give --preprocess, here or when converting it")
    }
  }

  /// Sizes that the network and the options leave open are those that costs are counted at. Where `bytes` are given,
  /// the network encoded, it is they that are run.
  public func engine(_ options: EngineOptions, encoded bytes: [UInt8]? = nil) throws -> Engine {
    var options = options
    options.inputShapes = try inputShapes(options)
    return try inFile(path) {
      if let bytes { return try Engine(bytes: bytes, options: options) }
      return try isAsInFile ? Engine(path: path, options: options) : Engine(graph: graph, options: options)
    }
  }

  /// What the options say of each input, and the usual sizes for the rest.
  private func inputShapes(_ options: EngineOptions) throws -> [[Int]] {
    var given = Set<Int>()
    for (input, dims) in zip(graph.inputs, options.inputShapes) {
      for case (.symbol(let symbol), let size) in zip(input.dimensions, dims) where size > 0 { given.insert(symbol) }
    }
    return try graph.inputs.enumerated().map { index, input in
      if index < options.inputShapes.count, options.inputShapes[index].count != input.dimensions.count {
        return options.inputShapes[index]
      }
      return try input.dimensions.enumerated().map { axis, dimension in
        if index < options.inputShapes.count, options.inputShapes[index][axis] > 0 {
          return options.inputShapes[index][axis]
        }
        guard case .symbol(let symbol) = dimension, !given.contains(symbol),
          options.size(graph.symbols[symbol].role) == nil
        else { return 0 }
        return try usualSize(symbol, axis, input)
      }
    }
  }

  private func usualSize(_ symbol: Int, _ axis: Int, _ input: Graph.Input) throws -> Int {
    let (name, role, reference) = (
      graph.names[input.value] ?? "", graph.symbols[symbol].role, graph.symbols[symbol].reference
    )
    guard role != .other || reference != nil else {
      let shape = input.dims.indices.map { $0 == axis ? "SIZE" : "?" }.joined(separator: "x")
      throw FileError(
        path,
        """
        input '\(name)' takes \(graph.shapeText(of: input)): say how large '\(graph.symbols[symbol].name)' is with \
        --input-shape \(name)=\(shape)
        """
      )
    }
    return graph.size(ofSymbol: symbol, graph.referenceBinding)
  }
}

extension EngineOptions {
  /// What they say of dimensions of this kind, if anything.
  public func size(_ role: SymbolRole) -> Int? {
    let size =
      switch role {
      case .batch: batch
      case .height: height
      case .width: width
      case .length: length > 0 ? length : width
      case .other: 0
      }
    return size > 0 ? size : nil
  }
}
