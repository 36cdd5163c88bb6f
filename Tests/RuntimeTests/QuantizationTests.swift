import CPrefactor
import PrefactorGraph
import PrefactorModelFormat
import PrefactorTestSupport
import XCTest

/// Which real numbers integers stand for: files have it, check it and tell it.
final class QuantizationTests: XCTestCase {
  private let graph = TestGraph.quantized

  func testVersion() throws {
    let quantized = try ModelBytes(graph)
    XCTAssertEqual(quantized.uint32(Layout.Header.version), 3)
    XCTAssertEqual(quantized.sections.count, 18)
    let plain = try ModelBytes(with(graph) { $0.quantizations = [:] })
    XCTAssertEqual(plain.uint32(Layout.Header.version), 2)
    XCTAssertEqual(plain.sections.count, 15)
  }

  func testInfo() throws {
    let session = try ByteSession(graph.encoded())
    let values = graph.inputs.map(\.value) + graph.outputs
    XCTAssertEqual((session.inputs + session.outputs).map(quantization), values.map { graph.quantizations[$0] })
    let plain = try ByteSession(with(graph) { $0.quantizations[values[0]] = nil }.encoded())
    XCTAssertNil(quantization(plain.inputs[0]))
    XCTAssertNil(plain.inputs[0].scales)
    XCTAssertNil(plain.inputs[0].zero_points)
    XCTAssertEqual(plain.inputs[0].quantized_dim, -1)
    XCTAssertNotNil(quantization(plain.inputs[1]))
  }

  private func quantization(_ info: pf_tensor_info) -> Quantization? {
    guard info.scale_count > 0 else { return nil }
    return Quantization(
      scales: (0..<info.scale_count).map { info.scales[$0] },
      zeroPoints: (0..<info.scale_count).map { info.zero_points[$0] },
      axis: info.quantized_dim < 0 ? nil : Int(info.quantized_dim))
  }

  // MARK: Files

  private struct Damage {
    var section: SectionKind, record: Int, offset = 0
    var value: UInt32
    var message: String
  }

  /// The graph's quantizations are, in the order of the values: pixels, weights along axis 0 of 4, biases along axis 0
  /// of 4, the computed image along axis 3 of 3, rows, columns along axis 1 of 4, and middle along axis 0 of 2.
  func testDamage() throws {
    typealias Field = Layout.Quantization
    let file = try ModelBytes(graph)
    let count = file.count(.quantizations)
    XCTAssertEqual(count, 7)
    func value(_ record: Int) -> Int { Int(file.uint32(file.field(.quantizations, record, Field.value))) }
    func first(_ record: Int) -> Int { Int(file.uint32(file.field(.quantizations, record, Field.first))) }
    let order = "not there, or not in order"
    let place = "an unknown axis, or scales that do not follow those before it"
    let number = "not positive or not finite, or a zero point beyond its type"
    func scales(_ count: Int, _ record: Int) -> String {
      "value \(value(record)) has \(count) scales, not one, or one for"
    }
    func damage(_ record: Int, _ offset: Int, _ value: Int32, _ message: String) -> Damage {
      Damage(
        section: .quantizations, record: record, offset: offset, value: UInt32(bitPattern: value), message: message)
    }
    func zeroPoint(_ record: Int, _ value: Int32) -> Damage {
      Damage(section: .zeroPoints, record: first(record), value: UInt32(bitPattern: value), message: number)
    }
    func type(_ record: Int, _ type: ElementType) -> Damage {
      Damage(
        section: .values, record: value(record), offset: Layout.Value.type, value: UInt32(type.rawValue),
        message: "value \(value(record)) is of type \(type), whose values are not quantized")
    }
    let damages =
      [
        damage(1, Field.value, 0, order), damage(6, Field.value, 1 << 20, order),
        damage(1, Field.axis, -2, place), damage(1, Field.first, 0, place), damage(1, Field.first, 2, place),
        damage(6, Field.count, 3, place), damage(6, Field.count, -1, place), damage(0, Field.first, 1, place),
        // Of an input, and of an output.
        damage(1, Field.axis, -1, scales(4, 1)), damage(1, Field.axis, 1, scales(4, 1)),
        damage(1, Field.axis, 2, scales(4, 1)), damage(0, Field.axis, 1, scales(1, 0)),
        damage(6, Field.count, 1, scales(1, 6)), damage(6, Field.count, 0, scales(0, 6)),
        damage(6, Field.axis, 1, scales(2, 6)),
        // Of a computed value, of which the file says no dimensions.
        damage(3, Field.axis, -1, scales(3, 3)), damage(3, Field.axis, 8, scales(3, 3)),
        zeroPoint(0, -1), zeroPoint(0, 256), zeroPoint(1, -129), zeroPoint(1, 128), zeroPoint(2, 1), zeroPoint(2, -1),
        type(0, .float32), type(1, .int64), type(3, .float16),
      ]
      + [0, -0.0, -1, .infinity, .nan].map { (scale: Float) in
        Damage(section: .scales, record: first(5) + 1, value: scale.bitPattern, message: number)
      }
    for damage in damages {
      let position = file.field(damage.section, damage.record, damage.offset)
      let attempt = Attempt(file.setting(position, to: damage.value).repaired.bytes)
      XCTAssertEqual(attempt.status, PF_ERROR_BAD_MODEL, "\(damage)")
      XCTAssertEqual(attempt.stage, .opening, "\(damage): \(attempt.message)")
      XCTAssert(attempt.message.contains(damage.message), "\(damage): \(attempt.message)")
    }
  }

  /// Scales of which there would be some without zero points.
  func testSectionsOfDifferentLength() throws {
    var file = try ModelBytes(graph)
    let entry = ModelBytes.entry(Int(SectionKind.zeroPoints.rawValue) - 1)
    for field in [Layout.SectionEntry.length, Layout.SectionEntry.count] {
      let step: UInt64 = field == Layout.SectionEntry.length ? 4 : 1
      file.set(entry + field, file.uint64(entry + field) - step)
    }
    let attempt = Attempt(file.repaired.bytes)
    XCTAssertEqual(attempt.stage, .opening)
    XCTAssert(attempt.message.contains("quantization 6 has"), attempt.message)
  }

  // MARK: Shapes

  private func refusal(_ bytes: [UInt8]) -> String? {
    let attempt = Attempt(bytes)
    if attempt.status == PF_OK { return nil }
    XCTAssertEqual(attempt.status, PF_ERROR_BAD_MODEL)
    XCTAssertEqual(attempt.stage, .creating)
    return attempt.message
  }

  /// The file does not say the dimensions of the image, which a node computes.
  func testAxisOfComputedValues() throws {
    let file = try ModelBytes(graph)
    let axis = file.field(.quantizations, 3, Layout.Quantization.axis)
    XCTAssertNil(refusal(file.bytes))
    for other in [1, 2, 7] as [UInt32] {
      let message = try XCTUnwrap(refusal(file.setting(axis, to: other).repaired.bytes))
      XCTAssert(message.contains("has 3 scales, not one, or one for each index"), message)
    }
  }

  /// Nor does the image have to be of the type that the file says: the zero points are those of what it is.
  func testTypeOfComputedValues() throws {
    var file = try ModelBytes(graph)
    let image = Int(file.uint32(file.field(.quantizations, 3, Layout.Quantization.value)))
    let first = Int(file.uint32(file.field(.quantizations, 3, Layout.Quantization.first)))
    file.set(file.field(.values, image, Layout.Value.type), UInt32(ElementType.int8.rawValue))
    for (index, zeroPoint) in [0, -1, 1].enumerated() {
      file.set(file.field(.zeroPoints, first + index), UInt32(bitPattern: Int32(zeroPoint)))
    }
    let message = try XCTUnwrap(refusal(file.repaired.bytes))
    XCTAssert(message.contains("a zero point beyond its type"), message)
  }

  func testOpenDimensions() throws {
    var graph = Graph()
    let x = graph.addInput(name: "x", type: .int8, dims: [nil, 3])
    let y = graph.addNode(.tile(Tile()), [x], name: "y")
    graph.outputs = [y]
    for (scales, isRefused) in [(1, false), (2, true)] {
      graph.quantizations[x] = Quantization(
        scales: Array(repeating: 1, count: scales), zeroPoints: Array(repeating: 0, count: scales), axis: 0)
      XCTAssertEqual(refusal(try graph.encoded()) != nil, isRefused, "\(scales)")
    }
  }

  // MARK: Graphs

  func testGraphsThatCannotBe() throws {
    let (pixels, weights, biases) = (graph.inputs[0].value, graph.inputs[1].value, graph.inputs[2].value)
    func check(_ value: Value, _ quantization: Quantization, _ problem: String, line: UInt = #line) {
      let graph = with(graph) { $0.quantizations[value] = quantization }
      XCTAssertThrowsError(try graph.encoded(), line: line) {
        XCTAssert("\($0)".contains(problem), "\($0)", line: line)
      }
    }
    check(Value.none(in: graph), Quantization(scale: 1), "it does not exist")
    check(pixels, Quantization(scales: [1, 1], zeroPoints: [0, 0]), "value 'pixels' cannot be quantized: there are 2")
    check(pixels, Quantization(scales: [1], zeroPoints: []), "1 scales and 0 zero points")
    check(pixels, Quantization(scale: 1, zeroPoint: 256), "uint8 has no zero point 256")
    check(weights, Quantization(scale: 1, zeroPoint: -129), "int8 has no zero point -129")
    check(biases, Quantization(scale: 1, zeroPoint: 1), "int32 has no zero point 1")
    for scale in [0, -1, .infinity, .nan] as [Float] { check(pixels, Quantization(scale: scale), "is no scale") }
    check(pixels, Quantization(scales: [1], zeroPoints: [0], axis: 4), "no axis 4")
    check(pixels, Quantization(scales: [1], zeroPoints: [0], axis: 1), "1 scales for 3 indices along axis 1")
    let floats = with(TestGraph.scales) { $0.quantizations[$0.outputs[0]] = Quantization(scale: 1) }
    XCTAssertThrowsError(try floats.encoded()) { XCTAssert("\($0)".contains("its type is float32"), "\($0)") }
  }

  /// A file that opens, and whose sessions are all refused, is no graph either.
  func testGraphsAreCheckedWhenRead() throws {
    let file = try ModelBytes(graph)
    let axis = file.field(.quantizations, 3, Layout.Quantization.axis)
    XCTAssertThrowsError(try Graph(decoding: file.setting(axis, to: 7 as UInt32).repaired.bytes)) {
      XCTAssert("\($0)".contains("no axis 7"), "\($0)")
    }
  }

  func testEditsKeepQuantizations() throws {
    var graph = graph
    let rows = graph.outputs[0]
    let copy = graph.makeValue()
    graph.nodes[graph.producers[rows]!].output = copy
    graph.replaceUses(of: rows, with: copy)
    XCTAssertEqual(graph.quantizations[copy], self.graph.quantizations[rows])
    XCTAssertNil(graph.quantizations[rows])
    graph.outputs.removeFirst()
    graph.removeUnused()
    XCTAssertEqual(Set(graph.quantizations.keys), Set(graph.inputs.map(\.value) + graph.outputs))
  }
}

extension Value {
  fileprivate static func none(in graph: Graph) -> Value {
    var graph = graph
    return graph.makeValue()
  }
}
