import PrefactorGraph
import PrefactorModelFormat

/// Element types of a network's inputs that the graph has not. It takes the numbers themselves, as float32 or int64.
public enum InputType: String {
  case uint8, int8, uint16, int16, uint32, int32, bool, float16, bfloat16, double

  init?(_ code: Int32) {
    guard let type = DataType(rawValue: code) else { return nil }
    self.init(rawValue: "\(type)")
  }

  /// Where a graph says of an input that it had such a type.
  public static func metadataKey(_ input: String) -> String { "onnx.input_type.\(input)" }
  /// And of an output.
  public static func outputMetadataKey(_ output: String) -> String { "onnx.output_type.\(output)" }

  /// What integers can be.
  public var range: ClosedRange<Int64>? {
    switch self {
    case .uint8: 0...255
    case .int8: -128...127
    case .uint16: 0...65535
    case .int16: -32768...32767
    case .uint32: 0...Int64(UInt32.max)
    case .int32: Int64(Int32.min)...Int64(Int32.max)
    case .bool: 0...1
    case .float16, .bfloat16, .double: nil
    }
  }

  /// Integers of up to 16 bits are float32 without loss, which is what images are loaded into; but only where the model
  /// makes nothing of them but floating-point numbers, for the arithmetic of integers is another.
  func element(ofInput name: String, _ readers: Readers) -> ElementType {
    switch self {
    case .float16, .bfloat16, .double: .float32
    case .uint32, .int32, .bool: .int64
    case .uint8, .int8, .uint16, .int16: readers.castToFloat(name) ? .float32 : .int64
    }
  }
}

extension Onnx_ValueInfoProto {
  /// What the graph says of an output of Booleans, which are int64.
  var booleanRecord: (key: String, value: String)? {
    type.tensorType.elemType == DataType.bool.rawValue
      ? (InputType.outputMetadataKey(name), InputType.bool.rawValue) : nil
  }
}
