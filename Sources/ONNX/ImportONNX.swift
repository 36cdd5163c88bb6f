import Foundation
import PrefactorEngine
import PrefactorGraph

/// Reads an ONNX model. `bindings` are values of the network's inputs: where an operator needs an input to be constant,
/// such as the shape of Reshape or the weights of Conv, the value given here is taken, and the input is none of the
/// graph's. `shapes` fixes dimensions of inputs that the model leaves open; nil leaves one open. `reading` is told of
/// each file of external data.
public func importONNX(
  path: String, bindings: [String: Tensor] = [:], shapes: [String: [Int?]] = [:], reading: (String) -> Void = { _ in }
) throws -> Graph {
  let url = URL(fileURLWithPath: path)
  let bytes: Data
  do {
    bytes = try Data(contentsOf: url, options: .mappedIfSafe)
  } catch {
    throw ONNXError("\(path): cannot be read: \(error.localizedDescription)")
  }
  guard let model = try? Onnx_ModelProto(serializedBytes: bytes) else {
    throw ONNXError("\(path): is not an ONNX model, or is cut short")
  }
  let files = ExternalFiles(folder: url.deletingLastPathComponent())
  let graph = try importModel(model, files: files, bindings: bindings, shapes: shapes)
  files.paths.forEach(reading)
  return graph
}

func importModel(
  _ model: Onnx_ModelProto, files: ExternalFiles = ExternalFiles(folder: nil), bindings: [String: Tensor] = [:],
  shapes: [String: [Int?]] = [:]
) throws -> Graph {
  try FoldingBudget.$current.withValue(FoldingBudget()) {
    try Importer(model, files: files, bindings: bindings, shapes: shapes).graph
  }
}
