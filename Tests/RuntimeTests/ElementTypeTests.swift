import CPrefactor
import PrefactorEngine
import PrefactorGraph
import PrefactorModelFormat
import PrefactorTestSupport
import XCTest

/// Values of the types that no kernel computes with: what moves elements takes them, and everything else refuses them.
final class ElementTypeTests: XCTestCase {
  private let types = ElementType.onlyMoved

  private func graph(_ type: ElementType, _ dims: [Int], _ body: (inout Graph, Value) -> Value) -> Graph {
    var graph = Graph()
    let x = graph.addInput(name: "x", type: type, dims: dims)
    graph.outputs = [body(&graph, x)]
    graph.names[graph.outputs[0]] = "y"
    return graph
  }

  /// Transposes, cuts and joins again.
  private func moves(_ type: ElementType) -> Graph {
    graph(type, [3, 5]) { graph, x in
      let transpose = with(Transpose()) { ($0.permutation[0], $0.permutation[1]) = (1, 0) }
      let transposed = graph.addNode(.transpose(transpose), [x], name: "transpose")
      let parts = [1..<5, 0..<1].map { rows in
        let slice = with(Slice()) {
          ($0.starts[0], $0.ends[0], $0.ends[1]) = (Int32(rows.lowerBound), Int32(rows.upperBound), .max)
        }
        return graph.addNode(.slice(slice), [transposed], name: "slice")
      }
      return graph.addNode(.concatenation(Concatenation()), parts, name: "concatenation")
    }
  }

  func testMovement() throws {
    for type in types {
      let input = (0..<15 * type.size).map { UInt8(truncatingIfNeeded: 37 * $0 + 129) }
      let elements = (1..<5).flatMap { column in (0..<3).map { 5 * $0 + column } } + (0..<3).map { 5 * $0 }
      let expected = elements.flatMap { input[($0 * type.size)..<(($0 + 1) * type.size)] }
      let bytes = try moves(type).encoded()
      let session = try ByteSession(bytes)
      for info in session.inputs + session.outputs {
        XCTAssertEqual(Int32(info.type.rawValue), type.rawValue)
        XCTAssertEqual(info.bytes, input.count, "\(type)")
      }
      XCTAssertEqual(try session.run([input]), [expected], "\(type)")
      XCTAssertEqual(try Graph(decoding: bytes).encoded(), bytes, "\(type)")
    }
  }

  func testRefusal() throws {
    for type in types {
      var relu = graph(.float32, [3]) { graph, x in graph.addNode(.unary(Unary(.relu)), [x], name: "relu") }
      let file = try ModelBytes(relu)
      let input = file.field(.values, Int(file.uint32(file.field(.inputs, 0))), Layout.Value.type)
      let attempt = Attempt(file.setting(input, to: UInt32(type.rawValue)).repaired.bytes)
      XCTAssertEqual(attempt.status, PF_ERROR_UNSUPPORTED)
      XCTAssertEqual(attempt.stage, .creating)
      XCTAssert(attempt.message.contains("input 0 is of type \(type), not float32"), attempt.message)
      relu.inputs[0].type = type
      XCTAssertThrowsError(try relu.encoded()) { XCTAssert("\($0)".contains("of type \(type)"), "\($0)") }
    }
  }

  /// Constants are as long as their type says, and operations see what they are.
  func testConstants() throws {
    let operand = Tensor([64], (0..<64).map(Float.init))
    let sum = try ModelBytes(
      graph(.float32, [64]) { graph, x in
        graph.addNode(.binary(Binary(.add)), [x, graph.addConstant(operand)], name: "sum")
      })
    let layer = try ModelBytes(
      graph(.float32, [1, 64]) { graph, x in
        graph.addNode(
          .fullyConnected(FullyConnected()), [x, graph.addConstant(operand.reshaped(to: [1, 64]))], name: "fc")
      })
    for type in types {
      let plain = sum.setting(sum.constant, to: UInt32(type.rawValue)).repaired.bytes
      let attempt = Attempt(plain)
      XCTAssertEqual(attempt.status, PF_ERROR_UNSUPPORTED, "\(type)")
      XCTAssert(attempt.message.contains("input 1 is of type \(type), not float32"), attempt.message)
      if Tensor.types.contains(type) {
        let constants = try Graph(decoding: plain).constants.values
        XCTAssertEqual(constants.map(\.type), [type])
        XCTAssertEqual(constants.map(\.dims), [[64]])
      } else {
        XCTAssertThrowsError(try Graph(decoding: plain)) { XCTAssert("\($0)".contains("has type \(type)"), "\($0)") }
      }
      let panels = Attempt(layer.setting(layer.constant, to: UInt32(type.rawValue)).repaired.bytes)
      XCTAssertEqual(panels.status, PF_ERROR_BAD_MODEL, "\(type)")
      XCTAssertEqual(panels.stage, .opening, "\(type)")
    }
  }

  /// Of the types, the compiler's tensors lack one: it runs no networks that have that at their ends.
  func testEngine() throws {
    for type in types {
      guard Tensor.types.contains(type) else {
        XCTAssertThrowsError(try Engine(graph: moves(type))) {
          XCTAssert("\($0)".contains("output 'y' has type \(type)"), "\($0)")
        }
        continue
      }
      let lowest = type == .uint8 ? 0 : type == .int8 ? Int64(Int8.min) : Int64(Int32.min)
      let numbers = (0..<15).map { lowest + $0 }
      let expected =
        (1..<5).flatMap { column in (0..<3).map { numbers[5 * $0 + column] } } + (0..<3).map { numbers[5 * $0] }
      XCTAssertEqual(
        try Engine(graph: moves(type)).run([Tensor([3, 5], numbers, as: type)]), [Tensor([5, 3], expected, as: type)])
    }
  }

  /// Constants keep their type from graph to file and back, and when axes are turned.
  func testConstantsOfTheCompiler() throws {
    for type in Tensor.types where type != .float32 {
      let tensor = Tensor([2, 3], [1, 2, 3, 4, 5, 127], as: type)
      XCTAssertEqual(tensor.transposed([1, 0]), Tensor([3, 2], [1, 4, 2, 5, 3, 127], as: type))
      XCTAssertEqual(tensor.gathered([2], [5, 0]), Tensor([2], [127, 1], as: type))
      let joined = graph(type, [1, 3]) { graph, x in
        graph.addNode(.concatenation(Concatenation()), [x, graph.addConstant(tensor)], name: "concatenation")
      }
      let bytes = try joined.encoded()
      let decoded = try Graph(decoding: bytes)
      XCTAssertEqual(Array(decoded.constants.values), [tensor])
      XCTAssertEqual(try decoded.encoded(), bytes)
      XCTAssertEqual(
        try Engine(bytes: bytes).run([Tensor([1, 3], [9, 8, 7], as: type)]),
        [Tensor([3, 3], [9, 8, 7, 1, 2, 3, 4, 5, 127], as: type)])
    }
  }
}

extension ModelBytes {
  /// Where the type of the only constant is.
  fileprivate var constant: Int {
    let index = (0..<count(.values)).first {
      uint32(field(.values, $0, Layout.Value.kind)) >= ValueKind.constantPlain.rawValue
    }
    return field(.values, index!, Layout.Value.type)
  }
}
