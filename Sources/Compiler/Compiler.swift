import PrefactorGraph
import PrefactorONNX
import PrefactorPasses
import PrefactorRuntime

/// Reads and writes networks.
public enum Compiler {
  public static func isONNX(_ path: String) -> Bool { path.hasSuffix(".onnx") }

  /// Compiles an `.onnx`; anything else is a `.pfmodel`. `bindings` are inputs of an ONNX network whose values are known, and become
  /// constants where the network cannot do without. `shapes` fixes dimensions that an ONNX network leaves open.
  public static func load(_ path: String, bindings: [String: Tensor] = [:], shapes: [String: [Int?]] = [:]) throws -> Graph {
    try inFile(path) {
      guard isONNX(path) else {
        if !shapes.isEmpty { throw Invalid("is no .onnx: --shape fixes dimensions where a network is imported") }
        return try Graph(decoding: readFile(path))
      }
      try requireReadable(path)
      var graph = try importONNX(path: path, bindings: bindings, shapes: shapes)
      try simplify(&graph)
      try graph.countOriginalMultiplies()
      return graph
    }
  }

  /// Writes a `.pfmodel`, which gets its name only after the runtime has opened it.
  public static func write(_ graph: Graph, to path: String, for target: Target? = nil) throws {
    let bytes = try inFile(path) { try graph.encoded(for: target) }
    try writeFile(bytes, to: path) { _ = try Network($0).engine(EngineOptions()) }
  }

  public static func export(_ graph: Graph, to path: String) throws {
    try inFile(path) { try writeFile(try exportONNX(graph), to: path) }
  }
}
