import Foundation
import PrefactorGraph

/// Reads an ONNX model. `bindings` are values of the network's inputs: where an operator needs an input to be constant, such as the
/// shape of Reshape or the weights of Conv, the value given here is taken, and the input is none of the graph's. `reading` is told of each file of external
/// data.
public func importONNX(path: String, bindings: [String: Tensor] = [:], reading: (String) -> Void = { _ in }) throws -> Graph {
  let url = URL(fileURLWithPath: path)
  let bytes: Data
  do {
    bytes = try Data(contentsOf: url, options: .mappedIfSafe)
  } catch {
    throw ONNXError("\(path): cannot be read: \(error.localizedDescription)")
  }
  guard let model = try? Onnx_ModelProto(serializedBytes: bytes) else { throw ONNXError("\(path): is not an ONNX model, or is cut short") }
  let files = ExternalFiles(folder: url.deletingLastPathComponent())
  let graph = try Importer(model, files: files, bindings: bindings).graph
  files.paths.forEach(reading)
  return graph
}

func importModel(_ model: Onnx_ModelProto, folder: URL? = nil, bindings: [String: Tensor] = [:]) throws -> Graph {
  try Importer(model, files: ExternalFiles(folder: folder), bindings: bindings).graph
}
