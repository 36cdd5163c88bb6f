/// Element types of tensors, numbered as in ONNX.
public enum ElementType: Int32 {
  case float32 = 1
  case uint8 = 2
  case int8 = 3
  case int32 = 6
  case int64 = 7
  case float16 = 10

  /// Bytes of an element.
  public var size: Int {
    switch self {
    case .uint8, .int8: 1
    case .float16: 2
    case .float32, .int32: 4
    case .int64: 8
    }
  }

  /// The zero points of quantized values of this type; nil if values of it are not quantized. Like ONNX's
  /// DequantizeLinear, int32 has none but 0: it is the type of biases and sums.
  public var zeroPoints: ClosedRange<Int32>? {
    switch self {
    case .uint8: 0...255
    case .int8: -128...127
    case .int32: 0...0
    case .float16, .float32, .int64: nil
    }
  }

  /// As messages say it.
  public var name: StaticString {
    switch self {
    case .uint8: "uint8"
    case .int8: "int8"
    case .float16: "float16"
    case .float32: "float32"
    case .int32: "int32"
    case .int64: "int64"
    }
  }
}
