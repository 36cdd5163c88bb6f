import PrefactorGraph
import PrefactorModelFormat

/// The network as an ONNX model of ordinary operators, for training or other runtimes. What became of each layer is in
/// the nodes' `metadata_props`, which an import takes up again.
public func exportONNX(_ graph: Graph) throws -> [UInt8] {
  let model = try exportModel(graph)
  do { return try model.serializedBytes() } catch { throw ONNXError("the model cannot be written: \(error)") }
}

func exportModel(_ graph: Graph) throws -> Onnx_ModelProto {
  let exporter = try Exporter(graph)
  for node in graph.nodes {
    do { try exporter.export(node) } catch let error as ONNXError { throw ONNXError("layer '\(node.name)': \(error)") }
  }
  return .with {
    $0.irVersion = 8
    $0.producerName = "prefactor"
    $0.opsetImport = [.with { $0.version = Exporter.opset }]
    $0.graph = exporter.finish()
    $0.metadataProps = graph.metadata.map { key, value in .with { ($0.key, $0.value) = (key, value) } }
  }
}
