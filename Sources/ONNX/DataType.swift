import PrefactorModelFormat

/// `TensorProto.DataType`.
enum DataType: Int32 {
  case float = 1
  case uint8, int8, uint16, int16, int32, int64, string, bool, float16, double, uint32, uint64, complex64, complex128
  case bfloat16, float8e4m3fn, float8e4m3fnuz, float8e5m2, float8e5m2fnuz, uint4, int4, float4e2m1

  static func name(_ code: Int32) -> String { DataType(rawValue: code).map { "\($0)" } ?? "number \(code)" }

  /// The type of the graph's tensors that is the same.
  var held: ElementType? {
    switch self {
    case .float: .float32
    case .int64: .int64
    default: nil
    }
  }

  /// What a tensor of this type becomes when its elements are known at import.
  var imported: ElementType? {
    switch self {
    case .float, .double, .float16, .bfloat16: .float32
    case .bool, .uint8, .int8, .uint16, .int16, .int32, .int64, .uint32, .uint64: .int64
    default: nil
    }
  }
}
