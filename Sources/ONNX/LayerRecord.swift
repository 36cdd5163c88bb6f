import PrefactorGraph

/// What became of a layer of the original network, kept in the `metadata_props` of the ONNX nodes that compute it.
struct LayerRecord {
  var layer: Layer

  init(_ layer: Layer) { self.layer = layer }

  /// Nil where the properties hold no record.
  init?(_ properties: [Onnx_StringStringEntryProto]) {
    let values = Dictionary(properties.map { ($0.key, $0.value) }, uniquingKeysWith: { first, _ in first })
    guard let name = values["prefactor.layer"], let macs = values["prefactor.macs_before"].flatMap({ Int($0) }),
      let bytes = values["prefactor.bytes_before"].flatMap({ Int($0) })
    else { return nil }
    // Anyone may have written them.
    guard macs >= 0, bytes >= 0 else { return nil }
    layer = Layer(name: name, macsBefore: macs, bytesBefore: bytes)
    layer.method = values["prefactor.method"] ?? layer.method
    layer.parameters = values["prefactor.parameters"] ?? layer.parameters
    layer.relativeError = values["prefactor.relative_error"].flatMap(Double.init) ?? layer.relativeError
  }

  var properties: [Onnx_StringStringEntryProto] {
    let values = [
      ("prefactor.layer", layer.name), ("prefactor.macs_before", "\(layer.macsBefore)"),
      ("prefactor.bytes_before", "\(layer.bytesBefore)"),
      ("prefactor.method", layer.method), ("prefactor.parameters", layer.parameters),
      ("prefactor.relative_error", "\(layer.relativeError)"),
    ]
    return values.map { key, value in .with { ($0.key, $0.value) = (key, value) } }
  }
}
