/// Element types of tensors, numbered as in ONNX.
public enum ElementType: Int32 {
  case float32 = 1
  case int64 = 7
  case float16 = 10

  /// Bytes of an element.
  public var size: Int {
    switch self {
    case .float16: 2
    case .float32: 4
    case .int64: 8
    }
  }

  /// As messages say it.
  public var name: StaticString {
    switch self {
    case .float16: "float16"
    case .float32: "float32"
    case .int64: "int64"
    }
  }
}
