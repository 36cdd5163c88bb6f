import Foundation
import PrefactorCompiler
import PrefactorGraph

/// Reads and writes `.npy` files (NEP 1, versions 1 to 3). Element types become the two that tensors have: floating point float32, integers
/// and booleans int64.
enum NumPyFile {
  private static let magic: [UInt8] = [0x93] + Array("NUMPY".utf8)

  static func read(_ path: String) throws -> Tensor {
    let bytes = try readFile(path)
    return try inFile(path) { try parse(bytes) }
  }

  static func write(_ tensor: Tensor, to path: String) throws {
    let dims = tensor.dims.map { "\($0)," }.joined(separator: " ")
    let type = tensor.type == .float32 ? "<f4" : "<i8"
    var header = Array("{'descr': '\(type)', 'fortran_order': False, 'shape': (\(dims)), }".utf8)
    // The elements start at a multiple of 64, after the magic, two bytes of version, two of length, the header and a line feed.
    header += [UInt8](repeating: UInt8(ascii: " "), count: 63 - (magic.count + 4 + header.count) % 64) + [UInt8(ascii: "\n")]
    var bytes = magic + [1, 0, UInt8(header.count & 255), UInt8(header.count >> 8)] + header
    switch tensor.elements {
    case .float32(let values): values.withUnsafeBytes { bytes += $0 }
    case .int64(let values): values.withUnsafeBytes { bytes += $0 }
    }
    try writeFile(bytes, to: path)
  }

  static func parse(_ bytes: [UInt8]) throws -> Tensor {
    guard bytes.starts(with: magic), bytes.count >= 12 else { throw Invalid("is not an .npy file") }
    let version = bytes[6]
    guard (1...3).contains(version) else { throw Invalid("has version \(version) of the .npy format, and 1 to 3 can be read") }
    let lengthBytes = version == 1 ? 2 : 4
    let start = 8 + lengthBytes
    let length = bytes[8..<start].reversed().reduce(0) { $0 << 8 | Int($1) }
    guard length <= bytes.count - start else { throw Invalid("ends inside its header") }
    let header = try NumPyHeader(String(decoding: bytes[start..<start + length], as: UTF8.self))
    return try elements(bytes[(start + length)...], header)
  }

  private static func elements(_ bytes: ArraySlice<UInt8>, _ header: NumPyHeader) throws -> Tensor {
    switch header.type {
    case "<f2": return try floats(bytes, header, Float16.self) { Float($0) }
    case "<f4": return try floats(bytes, header, Float.self) { $0 }
    case "<f8": return try floats(bytes, header, Double.self) { Float($0) }
    case "<i8": return try integers(bytes, header, Int64.self)
    case "<i4": return try integers(bytes, header, Int32.self)
    case "|i1": return try integers(bytes, header, Int8.self)
    case "|u1", "|b1": return try integers(bytes, header, UInt8.self)
    default: throw Invalid("holds elements of type '\(header.type)'; <f2, <f4, <f8, <i8, <i4, |i1, |u1 and |b1 can be read")
    }
  }

  private static func floats<Element: BitwiseCopyable>(
    _ bytes: ArraySlice<UInt8>, _ header: NumPyHeader, _: Element.Type, _ convert: (Element) -> Float
  ) throws -> Tensor {
    Tensor(header.dims, try load(bytes, header, Element.self).map(convert))
  }

  private static func integers<Element: FixedWidthInteger & BitwiseCopyable>(
    _ bytes: ArraySlice<UInt8>, _ header: NumPyHeader, _: Element.Type
  ) throws -> Tensor {
    Tensor(header.dims, try load(bytes, header, Element.self).map { Int64($0) })
  }

  private static func load<Element: BitwiseCopyable>(
    _ bytes: ArraySlice<UInt8>, _ header: NumPyHeader, _: Element.Type
  ) throws -> [Element] {
    let size = MemoryLayout<Element>.size
    let (expected, overflow) = header.count.multipliedReportingOverflow(by: size)
    guard !overflow, bytes.count == expected else {
      throw Invalid("holds \(bytes.count) bytes of elements, and \(header.count) of type '\(header.type)' are \(size) each")
    }
    return bytes.withUnsafeBytes { raw in (0..<header.count).map { raw.loadUnaligned(fromByteOffset: $0 * size, as: Element.self) } }
  }
}

/// The dictionary that describes the elements, a Python literal.
private struct NumPyHeader {
  let type: String
  let dims: [Int]
  let count: Int

  init(_ text: String) throws {
    guard let type = text.firstMatch(of: #/'descr': *'([^']*)'/#)?.1,
      let order = text.firstMatch(of: #/'fortran_order': *(True|False)/#)?.1,
      let shape = text.firstMatch(of: #/'shape': *\(([0-9, ]*)\)/#)?.1
    else { throw Invalid("has no 'descr', 'fortran_order' and 'shape' in its header") }
    self.type = String(type)
    dims = try shape.split(separator: ",").map { $0.filter { $0 != " " } }.filter { !$0.isEmpty }.map {
      guard let dimension = Int($0) else { throw Invalid("has a dimension of \($0)") }
      return dimension
    }
    count = try dims.reduce(1) {
      let (product, overflow) = $0.multipliedReportingOverflow(by: $1)
      if overflow { throw Invalid("has more elements than can be counted") }
      return product
    }
    // The order says nothing where there is but one dimension to speak of.
    if order == "True", dims.filter({ $0 != 1 }).count > 1 { throw Invalid("is in Fortran order; save it with numpy.ascontiguousarray") }
  }
}
