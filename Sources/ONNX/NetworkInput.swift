import PrefactorGraph
import PrefactorModelFormat

/// An input of the network, as the model declares it.
struct NetworkInput {
  var name: String
  var type: Int32
  /// Nil for an open dimension.
  var dims: [Int?]
  /// In the runtime's type, where it has one.
  var given: Tensor?
  /// What the graph takes in its place; nil where the graph has nothing like the input's type.
  var runtimeType: ElementType?

  init(_ declaration: Onnx_ValueInfoProto, given: Tensor?, in model: Onnx_GraphProto) throws {
    name = declaration.name
    guard case .tensorType(let tensor)? = declaration.type.value else { throw ONNXError("input '\(declaration.name)' is not a tensor") }
    type = tensor.elemType
    let runtimeType = ElementType(rawValue: type) ?? InputType(type)?.element(ofInput: name, in: model)
    self.runtimeType = runtimeType
    self.given = given.map { runtimeType == .float32 ? Tensor($0.dims, $0.asFloats) : $0 }
    if tensor.hasShape {
      dims = try tensor.shape.dim.map { dimension in
        guard case .dimValue(let size)? = dimension.value else { return nil }
        guard size >= 0, size <= Int32.max else { throw ONNXError("input '\(declaration.name)' has a dimension of \(size)") }
        return Int(size)
      }
    } else if let given {
      dims = given.dims
    } else {
      throw ONNXError("input '\(declaration.name)' has no shape")
    }
    guard dims.count <= Shape.maximumRank else {
      throw ONNXError("input '\(declaration.name)' has \(dims.count) dimensions, \(Shape.maximumRank) are supported")
    }
  }

  /// What the graph says of a type that it has not.
  var typeRecord: (key: String, value: String)? { InputType(type).map { (InputType.metadataKey(name), $0.rawValue) } }
}
