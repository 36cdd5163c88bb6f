import PrefactorEngine
import PrefactorGraph
import PrefactorONNX
import PrefactorPasses
import PrefactorRuntime

/// Reads and writes networks.
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
        if !shapes.isEmpty { throw Invalid("is no .onnx: --shape fixes dimensions where a network is imported") }
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

  /// Writes a `.pfmodel`, after the runtime has opened it.
  public static func write(_ graph: Graph, to output: OutputFile, for target: Target? = nil) throws {
    let bytes = try inFile(output.path) { try graph.encoded(for: target) }
    do { try open(bytes, graph) } catch {
      throw FileError(output.path, "is not written, because it would not open: \(error)")
    }
    try output.write(bytes)
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

  public static func export(_ graph: Graph, to output: OutputFile) throws {
    try output.write(try inFile(output.path) { try exportONNX(graph) })
  }
}
