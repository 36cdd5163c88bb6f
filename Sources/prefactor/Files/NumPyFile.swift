import CPrefactor
import Foundation
import PrefactorCompiler
import PrefactorGraph

/// Reads and writes `.npy` files (NEP 1, versions 1 to 3), in C and in Fortran order and of either byte order. Read,
/// numbers of floating point are float32, integers and booleans int64.
enum NumPyFile {
  private static let magic: [UInt8] = [0x93] + Array("NUMPY".utf8)

  static func read(_ path: String) throws -> FileTensor {
    let bytes = try readFile(path)
    return try inFile(path) { try parse(bytes) }
  }

  /// Booleans are the integers 0 and 1.
  static func write(_ tensor: Tensor, isBoolean: Bool = false, to output: OutputFile) throws {
    let dims = tensor.dims.map { "\($0)," }.joined(separator: " ")
    let type = isBoolean ? "|b1" : elementType(tensor)
    var header = Array("{'descr': '\(type)', 'fortran_order': False, 'shape': (\(dims)), }".utf8)
    // The elements start at a multiple of 64, after the magic, two bytes of version, two of length, the header and a
    // line feed.
    header +=
      [UInt8](repeating: UInt8(ascii: " "), count: 63 - (magic.count + 4 + header.count) % 64) + [UInt8(ascii: "\n")]
    var bytes = magic + [1, 0, UInt8(header.count & 255), UInt8(header.count >> 8)] + header
    if isBoolean, case .integers(let values) = tensor.numbers {
      bytes += values.map { $0 == 0 ? 0 : 1 }
    } else {
      tensor.withUnsafeBytes { bytes += $0 }
    }
    try output.write(bytes)
  }

  private static func elementType(_ tensor: Tensor) -> String {
    switch tensor.elements {
    case .float32: "<f4"
    case .int64: "<i8"
    case .uint8: "|u1"
    case .int8: "|i1"
    case .int32: "<i4"
    }
  }

  static func parse(_ bytes: [UInt8]) throws -> FileTensor {
    if bytes.starts(with: [UInt8(ascii: "P"), UInt8(ascii: "K"), 3, 4]) {
      throw Invalid("is a zip archive, as an .npz is: save each array to an .npy of its own")
    }
    guard bytes.starts(with: magic), bytes.count >= 12 else { throw Invalid("is not an .npy file") }
    let version = bytes[6]
    guard (1...3).contains(version) else {
      throw Invalid("has version \(version) of the .npy format, and 1 to 3 can be read")
    }
    let lengthBytes = version == 1 ? 2 : 4
    let start = 8 + lengthBytes
    let length = bytes[8..<start].reversed().reduce(0) { $0 << 8 | Int($1) }
    guard length <= bytes.count - start else { throw Invalid("ends inside its header") }
    // Only arrays of structures have longer ones.
    guard length <= 1 << 16 else { throw Invalid("has a header of \(length) bytes, and at most \(1 << 16) are read") }
    let header = try NumPyHeader(String(decoding: bytes[start..<start + length], as: UTF8.self))
    let elements = try elements(bytes[(start + length)...], header)
    return header.isFortranOrder ? elements.inFortranOrder(header.dims) : elements
  }

  private static func elements(_ bytes: ArraySlice<UInt8>, _ header: NumPyHeader) throws -> FileTensor {
    switch header.type.dropFirst() {
    case "f2": return try floats(bytes, header, UInt16.self) { Float(Float16(bitPattern: $0)) }
    case "f4": return try floats(bytes, header, UInt32.self) { Float(bitPattern: $0) }
    case "f8": return FileTensor(header.dims, try load(bytes, header, UInt64.self).map { Double(bitPattern: $0) })
    case "i1": return try integers(bytes, header, Int8.self)
    case "i2": return try integers(bytes, header, Int16.self)
    case "i4": return try integers(bytes, header, Int32.self)
    case "i8": return try integers(bytes, header, Int64.self)
    case "u1", "b1": return try integers(bytes, header, UInt8.self)
    case "u2": return try integers(bytes, header, UInt16.self)
    case "u4": return try integers(bytes, header, UInt32.self)
    case "u8": return try integers(bytes, header, UInt64.self)
    default: throw Invalid("holds elements of type '\(header.type)'; f2, f4, f8, i1 to i8, u1 to u8 and b1 can be read")
    }
  }

  private static func floats<Bits: FixedWidthInteger & BitwiseCopyable>(
    _ bytes: ArraySlice<UInt8>, _ header: NumPyHeader, _: Bits.Type, _ convert: (Bits) -> Float
  ) throws -> FileTensor {
    FileTensor(Tensor(header.dims, try load(bytes, header, Bits.self).map(convert)))
  }

  private static func integers<Element: FixedWidthInteger & BitwiseCopyable>(
    _ bytes: ArraySlice<UInt8>, _ header: NumPyHeader, _: Element.Type
  ) throws -> FileTensor {
    let integers = try load(bytes, header, Element.self).map {
      guard let integer = Int64(exactly: $0) else {
        throw Invalid("holds \($0), and integers are read up to \(Int64.max)")
      }
      return integer
    }
    return FileTensor(Tensor(header.dims, integers))
  }

  private static func load<Element: FixedWidthInteger & BitwiseCopyable>(
    _ bytes: ArraySlice<UInt8>, _ header: NumPyHeader, _: Element.Type
  ) throws -> [Element] {
    let size = MemoryLayout<Element>.size
    let (expected, overflow) = header.count.multipliedReportingOverflow(by: size)
    guard !overflow, bytes.count == expected else {
      throw Invalid(
        "holds \(bytes.count) bytes of elements, and \(header.count) of type '\(header.type)' are \(size) each")
    }
    let isBigEndian = header.type.hasPrefix(">")
    return bytes.withUnsafeBytes { raw in
      (0..<header.count).map {
        let element = raw.loadUnaligned(fromByteOffset: $0 * size, as: Element.self)
        return isBigEndian ? Element(bigEndian: element) : Element(littleEndian: element)
      }
    }
  }
}

/// The dictionary that describes the elements, a Python literal.
private struct NumPyHeader {
  let type: String
  let dims: [Int]
  let count: Int
  let isFortranOrder: Bool

  init(_ text: String) throws {
    if text.contains(#/'descr': *\[/#) { throw Invalid("holds structures: save each field to an .npy of its own") }
    guard let type = text.firstMatch(of: #/'descr': *'([^']*)'/#)?.1,
      let order = text.firstMatch(of: #/'fortran_order': *(True|False)/#)?.1,
      let shape = text.firstMatch(of: #/'shape': *\(([0-9, ]*)\)/#)?.1
    else { throw Invalid("has no 'descr', 'fortran_order' and 'shape' in its header") }
    self.type = String(type)
    isFortranOrder = order == "True"
    dims = try shape.split(separator: ",").map { $0.filter { $0 != " " } }.filter { !$0.isEmpty }.map {
      guard let dimension = Int($0) else { throw Invalid("has a dimension of \($0)") }
      return dimension
    }
    guard dims.count <= Int(PF_MAX_RANK) else {
      throw Invalid("has \(dims.count) dimensions, and at most \(PF_MAX_RANK) can be read")
    }
    // Beside a dimension of 0, others escape the count, but not what is computed of them in another order.
    let nonzero = try dims.filter { $0 != 0 }.reduce(1) {
      let (product, overflow) = $0.multipliedReportingOverflow(by: $1)
      if overflow { throw Invalid("has more elements than can be counted") }
      return product
    }
    count = dims.contains(0) ? 0 : nonzero
  }
}
