import PrefactorGraph

/// A model that the command line was given, and what runs it: a `.pfmodel` as it lies in its file, unless its graph was changed.
public struct Network {
  public let path: String
  public var graph: Graph { didSet { isAsInFile = false } }
  private var isAsInFile: Bool

  public init(_ path: String, bindings: [String: Tensor] = [:]) throws {
    self.path = path
    graph = try Compiler.load(path, bindings: bindings)
    isAsInFile = !Compiler.isONNX(path)
  }

  /// Height and width that the network and the options leave open are those that costs are counted at.
  public func engine(_ options: EngineOptions) throws -> Engine {
    var options = options
    if graph.inputs.contains(where: { $0.dims.dropFirst().contains(nil) }) {
      if options.height == 0 { options.height = graph.referenceBinding.height }
      if options.width == 0 { options.width = graph.referenceBinding.width }
    }
    return try inFile(path) { try isAsInFile ? Engine(path: path, options: options) : Engine(graph: graph, options: options) }
  }
}
