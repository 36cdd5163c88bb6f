import PrefactorGraph
import XCTest

@testable import PrefactorONNX

final class DecodingTests: XCTestCase {
  private func decode(_ tensor: Onnx_TensorProto, folder: URL? = nil) throws -> Tensor {
    try tensor.decoded(ExternalFiles(folder: folder))
  }

  private func raw(_ type: DataType, _ dims: [Int64], _ bytes: [UInt8]) -> Onnx_TensorProto {
    .with { ($0.name, $0.dataType, $0.dims, $0.rawData) = ("t", type.rawValue, dims, Data(bytes)) }
  }

  func testTensorsWithoutElementsHaveAnyDimensions() {
    let empty = Tensor([0, .max, .max], [Float]())
    XCTAssertEqual(empty.count, 0)
    XCTAssertEqual(empty.transposed([2, 1, 0]).dims, [.max, .max, 0])
  }

  func testRawData() throws {
    XCTAssertEqual(try decode(raw(.float, [1], [0, 0, 0xC0, 0x3F])), tensor([1], [1.5]))
    XCTAssertEqual(try decode(raw(.float16, [2], [0, 0x3E, 0, 0xC0])), tensor([2], [1.5, -2]))
    XCTAssertEqual(try decode(raw(.bfloat16, [1], [0xC0, 0x3F])), tensor([1], [1.5]))
    XCTAssertEqual(try decode(raw(.double, [], [0, 0, 0, 0, 0, 0, 0xF8, 0x3F])), tensor([], [1.5]))
    XCTAssertEqual(try decode(raw(.int8, [2], [1, 0xFF])), Tensor([2], [1, -1] as [Int64]))
    XCTAssertEqual(try decode(raw(.uint16, [1], [0xFF, 0xFF])), Tensor([1], [65535] as [Int64]))
    XCTAssertEqual(try decode(raw(.bool, [2], [0, 1])), Tensor([2], [0, 1] as [Int64]))
    XCTAssertEqual(try decode(raw(.int64, [0], [])), Tensor([0], [Int64]()))
  }

  func testTypedFields() throws {
    XCTAssertEqual(
      try decode(.with { ($0.dataType, $0.dims, $0.doubleData) = (DataType.double.rawValue, [2], [1, 2]) }),
      tensor([2], [1, 2]))
    XCTAssertEqual(
      try decode(.with { ($0.dataType, $0.dims, $0.int32Data) = (DataType.float16.rawValue, [1], [0x3E00]) }),
      tensor([1], [1.5]))
    XCTAssertEqual(
      try decode(.with { ($0.dataType, $0.dims, $0.int32Data) = (DataType.int32.rawValue, [1], [-3]) }),
      Tensor([1], [-3] as [Int64]))
    XCTAssertEqual(
      try decode(.with { ($0.dataType, $0.dims, $0.uint64Data) = (DataType.uint32.rawValue, [1], [9]) }),
      Tensor([1], [9] as [Int64]))
  }

  func testMalformedTensors() {
    let cases: [(Onnx_TensorProto, String)] = [
      (raw(.float, [2], [0, 0, 0]), "3 bytes"), (.floats("t", [3], [1]), "1 elements"),
      (raw(.float, [-1], []), "not supported"),
      (raw(.float, [1 << 40, 1 << 40], []), "not supported"),
      (raw(.float, [0, 1 << 40, 1 << 40], []), "not supported"),
      (raw(.float, Array(repeating: 1, count: 9), [0, 0, 0, 0]), "9 dimensions"),
      (raw(.string, [1], []), "type string"),
      (.with { ($0.name, $0.dataType) = ("t", 99) }, "type number 99"),
    ]
    for (tensor, message) in cases {
      XCTAssertThrowsError(try decode(tensor)) {
        XCTAssert("\($0)".contains("tensor 't'") && "\($0)".contains(message), "\($0)")
      }
    }
  }

  func testExternalData() throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
    try FileManager.default.createDirectory(
      at: folder.appendingPathComponent("inner"), withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    try Data([0, 0, 0, 0, 0, 0, 0xC0, 0x3F]).write(to: folder.appendingPathComponent("inner/weights"))
    func external(_ entries: [String: String]) -> Onnx_TensorProto {
      .with {
        ($0.name, $0.dataType, $0.dims, $0.dataLocation) = ("t", DataType.float.rawValue, [1], ExternalFiles.location)
        $0.externalData = entries.map { key, value in .with { ($0.key, $0.value) = (key, value) } }
      }
    }
    XCTAssertEqual(
      try decode(external(["location": "inner/weights", "offset": "4", "length": "4"]), folder: folder),
      tensor([1], [1.5]))
    let cases: [([String: String], String)] = [
      ([:], "without a location"), (["location": "inner/weights", "offset": "6", "length": "4"], "past the end"),
      (["location": "inner/weights", "offset": "-4"], "past the end"),
      (["location": "inner/weights", "offset": "\(Int.min)"], "past the end"),
      (["location": "inner/weights", "length": "99999999999999999999"], "past the end"),
      (["location": "inner/weights"], "8 bytes"), (["location": "missing"], "cannot be read"),
      (["location": "../\(folder.lastPathComponent)x/weights"], "outside"), (["location": "/etc/passwd"], "outside"),
    ]
    for (entries, message) in cases {
      XCTAssertThrowsError(try decode(external(entries), folder: folder)) {
        XCTAssert("\($0)".contains(message), "\($0)")
      }
    }
    try FileManager.default.createSymbolicLink(
      at: folder.appendingPathComponent("link"), withDestinationURL: URL(fileURLWithPath: "/etc/passwd"))
    XCTAssertThrowsError(try decode(external(["location": "link"]), folder: folder)) {
      XCTAssert("\($0)".contains("outside"), "\($0)")
    }
  }
}
