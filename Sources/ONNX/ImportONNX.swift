import Foundation
import PrefactorGraph

/// Reads an ONNX model. `bindings` are values of the network's inputs: where an operator needs an input to be constant, such as the
/// shape of Reshape or the weights of Conv, the value given here is taken, and the input is none of the graph's. `shapes` fixes dimensions of inputs that the model leaves open; nil leaves one open.
public func importONNX(path: String, bindings: [String: Tensor] = [:], shapes: [String: [Int?]] = [:]) throws -> Graph {
  let url = URL(fileURLWithPath: path)
  let bytes: Data
  do {
    bytes = try Data(contentsOf: url, options: .mappedIfSafe)
  } catch {
    throw ONNXError("\(path): cannot be read: \(error.localizedDescription)")
  }
  guard let model = try? Onnx_ModelProto(serializedBytes: bytes) else { throw ONNXError("\(path): is not an ONNX model, or is cut short") }
  return try importModel(model, folder: url.deletingLastPathComponent(), bindings: bindings, shapes: shapes)
}

func importModel(
  _ model: Onnx_ModelProto, folder: URL? = nil, bindings: [String: Tensor] = [:], shapes: [String: [Int?]] = [:]
) throws -> Graph {
  try FoldingBudget.$current.withValue(FoldingBudget()) {
    try Importer(model, files: ExternalFiles(folder: folder), bindings: bindings, shapes: shapes).graph
  }
}
