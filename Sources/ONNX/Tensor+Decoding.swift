import Foundation
import PrefactorEngine
import PrefactorGraph
import PrefactorModelFormat

/// The number of elements of a tensor with these dimensions.
func elementCount(_ dims: [Int]) throws -> Int {
  guard dims.count <= Shape.maximumRank else {
    throw ONNXError("\(dims.count) dimensions are not supported, \(Shape.maximumRank) are")
  }
  // Beside a dimension of 0, any other escapes the product.
  guard Shape(dims.map { $0 == 0 ? 1 : $0 }).checkedCount != nil, let count = Shape(dims).checkedCount else {
    throw ONNXError("a tensor of the dimensions \(dims) is not supported")
  }
  return count
}

extension Onnx_TensorProto {
  /// The elements: floating-point types as float32, integers and booleans as int64.
  func decoded(_ files: ExternalFiles) throws -> Tensor {
    do {
      return try decodedElements(files)
    } catch let error as ONNXError {
      throw ONNXError("tensor '\(name)': \(error)")
    }
  }

  private func decodedElements(_ files: ExternalFiles) throws -> Tensor {
    let dims = self.dims.map(Int.init)
    let count = try elementCount(dims)
    FoldingBudget.current?.give(count)
    guard let type = DataType(rawValue: dataType), type.imported != nil else {
      throw ONNXError("elements of type \(DataType.name(dataType)) are not supported")
    }
    let bytes = dataLocation == ExternalFiles.location ? try files.bytes(externalData) : hasRawData ? rawData : nil
    if let bytes { return try Tensor(dims, bytes: bytes, type: type, count: count) }

    let tensor: (count: Int, make: () -> Tensor) =
      switch type {
      case .float: (floatData.count, { Tensor(dims, floatData) })
      case .double: (doubleData.count, { Tensor(dims, doubleData.map(Float.init)) })
      case .float16:
        (
          int32Data.count,
          { Tensor(dims, int32Data.map { Float(Float16(bitPattern: UInt16(truncatingIfNeeded: $0))) }) }
        )
      case .bfloat16:
        (int32Data.count, { Tensor(dims, int32Data.map { Float(bitPattern: UInt32(truncatingIfNeeded: $0) << 16) }) })
      case .int64: (int64Data.count, { Tensor(dims, int64Data) })
      case .uint32, .uint64: (uint64Data.count, { Tensor(dims, uint64Data.map(Int64.init(truncatingIfNeeded:))) })
      default: (int32Data.count, { Tensor(dims, int32Data.map(Int64.init)) })
      }
    guard tensor.count == count else {
      throw ONNXError("\(tensor.count) elements where the dimensions \(dims) need \(count)")
    }
    return tensor.make()
  }
}

extension Tensor {
  fileprivate init(_ dims: [Int], bytes: Data, type: DataType, count: Int) throws {
    func load<Element: BitwiseCopyable, Result>(_: Element.Type, _ convert: (Element) -> Result) throws -> [Result] {
      let size = MemoryLayout<Element>.size
      guard bytes.count == count * size else {
        throw ONNXError("\(bytes.count) bytes where the dimensions \(dims) need \(count * size)")
      }
      return bytes.withUnsafeBytes { raw in
        (0..<count).map { convert(raw.loadUnaligned(fromByteOffset: $0 * size, as: Element.self)) }
      }
    }
    func integers<Element: FixedWidthInteger & BitwiseCopyable>(_: Element.Type) throws -> [Int64] {
      try load(Element.self) { Int64(truncatingIfNeeded: Element(littleEndian: $0)) }
    }
    switch type {
    case .float: self.init(dims, try load(UInt32.self) { Float(bitPattern: UInt32(littleEndian: $0)) })
    case .double: self.init(dims, try load(UInt64.self) { Float(Double(bitPattern: UInt64(littleEndian: $0))) })
    case .float16: self.init(dims, try load(UInt16.self) { Float(Float16(bitPattern: UInt16(littleEndian: $0))) })
    case .bfloat16: self.init(dims, try load(UInt16.self) { Float(bitPattern: UInt32(UInt16(littleEndian: $0)) << 16) })
    case .int8: self.init(dims, try integers(Int8.self))
    case .int16: self.init(dims, try integers(Int16.self))
    case .int32: self.init(dims, try integers(Int32.self))
    case .int64, .uint64: self.init(dims, try integers(Int64.self))
    case .uint16: self.init(dims, try integers(UInt16.self))
    case .uint32: self.init(dims, try integers(UInt32.self))
    default: self.init(dims, try integers(UInt8.self))
    }
  }
}
