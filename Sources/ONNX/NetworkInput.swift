import PrefactorGraph
import PrefactorModelFormat

/// An input of the network, as the model declares it.
struct NetworkInput {
  var name: String
  var type: Int32
  /// Nil for an open dimension.
  var dims: [Int?]
  var given: Tensor?

  init(_ declaration: Onnx_ValueInfoProto, given: Tensor?) throws {
    name = declaration.name
    self.given = given
    guard case .tensorType(let tensor)? = declaration.type.value else { throw ONNXError("input '\(declaration.name)' is not a tensor") }
    type = tensor.elemType
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

  /// Nil where the graph has no tensors of the input's type.
  var runtimeType: ElementType? { ElementType(rawValue: type) }
}
