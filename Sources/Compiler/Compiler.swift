import PrefactorEngine
import PrefactorGraph
import PrefactorONNX
import PrefactorPasses
import PrefactorRuntime

/// Reads networks, and makes of them what is written.
public enum Compiler {
  public static func isONNX(_ path: String) -> Bool { path.lowercased().hasSuffix(".onnx") }

  /// Compiles an `.onnx`; anything else is a `.pfmodel`. `bindings` are inputs of an ONNX network whose values are
  /// known, and become constants where the network cannot do without. `shapes` fixes dimensions that an ONNX network
  /// leaves open. `reading` is told of the files of external data.
  public static func load(
    _ path: String, bindings: [String: Tensor] = [:], shapes: [String: [Int?]] = [:],
    reading: (String) -> Void = { _ in }
  ) throws -> Graph {
    try inFile(path) {
      guard isONNX(path) else {
        if !shapes.isEmpty {
          throw Invalid("is not an .onnx file: --shape fixes dimensions when a network is imported")
        }
        do { return try Graph(decoding: readFile(path)) } catch let error as PrefactorGraph.DecodingError
          where !path.hasSuffix(".pfmodel")
        {
          throw Invalid("\(error); a network is a .pfmodel, or a file whose name ends in .onnx")
        }
      }
      try requireReadable(path)
      var graph = try importONNX(path: path, bindings: bindings, shapes: shapes, reading: reading)
      try simplify(&graph)
      try graph.countOriginalMultiplies()
      return graph
    }
  }

  /// The `.pfmodel` of a network as it is, which the runtime has opened. `weights` is what its weights are stored as,
  /// nil for what they are in the network.
  public static func convert(_ network: Network, weights: WeightPrecision? = nil, target: Target? = nil) throws
    -> [UInt8]
  {
    var network = network
    try network.round(weights)
    let bytes = try network.graph.encoded(for: target)
    do { try open(bytes, network.graph) } catch {
      throw Invalid("is not written, because it would not open: \(error)")
    }
    return bytes
  }

  private static func open(_ bytes: [UInt8], _ graph: Graph) throws {
    // A session needs sizes, and dimensions that are no image's have no usual one.
    if graph.symbols.contains(where: { $0.role == .other && $0.reference == nil }) {
      _ = try Graph(decoding: bytes)
    } else {
      var options = EngineOptions()
      options.inputShapes = graph.inputs.map { graph.shape(of: $0, graph.referenceBinding).dims }
      _ = try Engine(bytes: bytes, options: options)
    }
  }

  /// The `.onnx` of a network.
  public static func export(_ network: Network) throws -> [UInt8] { try exportONNX(network.graph) }
}
