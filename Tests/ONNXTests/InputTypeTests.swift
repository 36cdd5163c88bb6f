import PrefactorEngine
import PrefactorGraph
import PrefactorModelFormat
import XCTest

@testable import PrefactorONNX

/// Inputs of types that the graph has not.
final class InputTypeTests: XCTestCase {
  private func check(
    _ builder: ModelBuilder, _ type: ElementType, declared: String, _ input: Tensor, _ expected: [Float]
  ) throws {
    let graph = try builder.graph()
    XCTAssertEqual(graph.inputs[0].type, type, declared)
    XCTAssertEqual(graph.metadata.first { $0.key == "onnx.input_type.x" }?.value, declared)
    XCTAssertEqual(try Engine(graph: graph).run([input])[0].floats, expected, declared)
  }

  /// What is only cast is float32, which images are loaded into.
  func testBytesThatAreCast() throws {
    for (type, name) in [(DataType.uint8, "uint8"), (.int8, "int8"), (.uint16, "uint16"), (.int16, "int16")] {
      var builder = ModelBuilder()
      builder.input("x", [1, 2, 2, 1], type: type)
      builder.node("Transpose", ["x"], ["t"], .ints("perm", [0, 3, 1, 2]))
      builder.node("Cast", ["t"], ["f"], .int("to", 1))
      builder.node("Neg", ["f"], ["y"])
      builder.output("y")
      try check(
        builder, .float32, declared: name, Tensor([1, 2, 2, 1], [Float](arrayLiteral: 1, 2, 3, 4)), [-1, -2, -3, -4])
    }
  }

  /// Where the model computes with the integers themselves, they stay integers.
  func testIntegersThatAreComputedWith() throws {
    for (type, name) in [(DataType.uint8, "uint8"), (.int32, "int32"), (.bool, "bool"), (.uint32, "uint32")] {
      var builder = ModelBuilder()
      builder.input("x", [3], type: type)
      builder.integers("indices", [2, 0])
      builder.node("Gather", ["x", "indices"], ["g"])
      builder.node("Cast", ["g"], ["y"], .int("to", 1))
      builder.output("y")
      try check(builder, .int64, declared: name, Tensor([3], [Int64](arrayLiteral: 5, 6, 7)), [7, 5])
    }
  }

  func testFloatingPoint() throws {
    for (type, name) in [(DataType.float16, "float16"), (.double, "double"), (.bfloat16, "bfloat16")] {
      var builder = ModelBuilder()
      builder.input("x", [2], type: type)
      builder.node("Neg", ["x"], ["n"])
      builder.node("Cast", ["n"], ["y"], .int("to", 1))
      builder.output("y")
      try check(builder, .float32, declared: name, Tensor([2], [Float](arrayLiteral: 0.5, -2)), [-0.5, 2])
    }
  }

  /// The value of an input that an operator needs to know comes as a file has it.
  func testValuesThatAreGiven() throws {
    var builder = ModelBuilder()
    builder.input("x", [2, 3])
    builder.input("shape", [1], type: .int32)
    builder.node("Reshape", ["x", "shape"], ["y"])
    builder.output("y")
    XCTAssertEqual(try builder.graph(["shape": Tensor([1], [Int64(6)])]).inputs.count, 1)
  }

  func testTypesThatAreNot() {
    for type in [DataType.string, .uint64, .complex64] {
      var builder = ModelBuilder()
      builder.input("x", [2], type: type)
      builder.node("Cast", ["x"], ["y"], .int("to", 1))
      builder.output("y")
      XCTAssertEqual(builder.importError(), "input 'x': elements of type \(type) are not supported")
    }
  }

  /// What is given for an input does not change its type, nor what is made of it.
  func testFloatsGivenForIntegers() throws {
    var builder = ModelBuilder()
    builder.input("x", [1, 2], type: .int64)
    builder.node("Transpose", ["x"], ["y"])
    builder.output("y")
    for given in [[1, 2], [1.5, .nan]] as [[Float]] {
      let graph = try builder.graph(["x": Tensor([1, 2], given)])
      // Where they are integers, the network is computed at import.
      XCTAssertEqual(graph.inputs.map(\.type), given[1].isNaN ? [.int64] : [], "\(given)")
      XCTAssertEqual(try Engine(graph: graph).outputs.map(\.type), [.int64], "\(given)")
    }
  }
}
