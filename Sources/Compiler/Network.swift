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

  /// For a network that takes one image at a time, as its preprocessing says.
  public func imageOptions() throws -> EngineOptions {
    try requirePreprocessing()
    let dims = graph.inputs.map { graph.shape(of: $0, graph.referenceBinding).dims }
    guard dims.count == 1, dims[0].first == 1 else { throw FileError(path, "takes inputs of \(dims), not one image") }
    var options = EngineOptions()
    options.fill(graph.inputs[0], dims[0])
    options.threads = 0
    return options
  }

  public func requirePreprocessing() throws {
    guard graph.preprocessing != nil else {
      throw FileError(path, "does not say how an image becomes its input: give --preprocess, here or when converting it")
    }
  }

  /// Sizes that the network and the options leave open are those that costs are counted at.
  public func engine(_ options: EngineOptions) throws -> Engine {
    var options = options
    for input in graph.inputs { options.fill(input, graph.shape(of: input, graph.referenceBinding).dims) }
    return try inFile(path) { try isAsInFile ? Engine(path: path, options: options) : Engine(graph: graph, options: options) }
  }
}

extension EngineOptions {
  /// Takes the input's open dimensions from `dims` where they have no size yet.
  public mutating func fill(_ input: Graph.Input, _ dims: [Int]) {
    for axis in input.dims.indices where input.dims[axis] == nil {
      let size: WritableKeyPath = axis == 0 ? \Self.batch : axis == input.dims.count - 1 ? \Self.width : \Self.height
      if self[keyPath: size] == 0 { self[keyPath: size] = dims[axis] }
    }
  }
}
