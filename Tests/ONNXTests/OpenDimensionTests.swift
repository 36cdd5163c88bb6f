import PrefactorGraph
import PrefactorModelFormat
import XCTest
@testable import PrefactorONNX

/// What is computed from the sizes of open dimensions.
final class OpenDimensionTests: XCTestCase {
  private let binding = Binding(batch: 5, height: 20, width: 28)

  func testReshapeThroughShapeArithmetic() throws {
    var builder = ModelBuilder()
    builder.input("x", ["N", 6, "H", "W"])
    builder.integers("zero", [], [0])
    builder.integers("axes", [0])
    builder.integers("rest", [-1])
    builder.node("Shape", ["x"], ["shape"])
    builder.node("Gather", ["shape", "zero"], ["batch"])
    builder.node("Unsqueeze", ["batch", "axes"], ["batch1"])
    builder.node("Concat", ["batch1", "rest"], ["target"], .int("axis", 0))
    builder.node("Reshape", ["x", "target"], ["y"])
    builder.output("y")
    XCTAssertEqual(try builder.outputDims(binding), [5, 6 * 20 * 28])
    guard case .reshape(let reshape) = try builder.graph().nodes[0].operation else { return XCTFail() }
    XCTAssertEqual([reshape.dims[0], reshape.dims[1]], [Reshape.copy(0), Reshape.inferred])
  }

  func testChannelShuffle() throws {
    var builder = ModelBuilder()
    builder.input("x", ["N", 6, "H", "W"])
    builder.integers("groups", [2])
    builder.integers("depth", [3])
    builder.node("Shape", ["x"], ["shape"])
    builder.node("Split", ["shape"], ["n", "c", "h", "w"], .int("axis", 0))
    builder.node("Concat", ["n", "groups", "depth", "h", "w"], ["target"], .int("axis", 0))
    builder.node("Reshape", ["x", "target"], ["grouped"])
    builder.node("Transpose", ["grouped"], ["swapped"], .ints("perm", [0, 2, 1, 3, 4]))
    builder.node("Reshape", ["swapped", "shape"], ["y"])
    builder.output("y")
    XCTAssertEqual(try builder.outputDims(binding), [5, 6, 20, 28])
  }

  func testResizeToAMultiple() throws {
    var builder = ModelBuilder()
    builder.input("x", ["N", 3, "H", "W"])
    builder.integers("factors", [4], [1, 1, 2, 2])
    builder.node("Shape", ["x"], ["shape"])
    builder.node("Mul", ["shape", "factors"], ["sizes"])
    builder.node("Resize", ["x", "", "", "sizes"], ["y"])
    builder.output("y")
    XCTAssertEqual(try builder.outputDims(binding), [5, 3, 40, 56])
  }

  func testSliceRelativeToTheEnd() throws {
    var builder = ModelBuilder()
    builder.input("x", ["N", 3, "H", "W"])
    builder.integers("two", [2])
    builder.integers("one", [1])
    builder.node("Shape", ["x"], ["height"], .int("start", 2), .int("end", 3))
    builder.node("Sub", ["height", "two"], ["end"])
    builder.node("Slice", ["x", "one", "end", "two"], ["y"])
    builder.output("y")
    XCTAssertEqual(try builder.outputDims(binding), [5, 3, 17, 28])
    builder.model.graph.node[1].opType = "Div"
    XCTAssertEqual(try builder.outputDims(binding), [5, 3, 9, 28])
  }

  func testExpandToABatch() throws {
    XCTAssertEqual(try ModelBuilder.single("Expand", ["N", 1, 4], integers: [[2, 1, 3, 1]]).outputDims(binding), [2, 5, 3, 4])
  }

  func testAShapeIsAnOutput() throws {
    var options = EngineOptions()
    options.inputShapes = [[5, 3]]
    let engine = try Engine(graph: ModelBuilder.single("Shape", ["N", 3]).graph(), options: options)
    XCTAssertEqual(try engine.run([ramp([5, 3])]), [Tensor([2], [5, 3] as [Int64])])
    XCTAssertEqual(try ModelBuilder.single("Shape", [2, 3]).run([ramp([2, 3])]), Tensor([2], [2, 3] as [Int64]))
  }

  /// The input's height and width in floats, times a factor, rounded down and up.
  func testSizesInFloats() throws {
    var builder = ModelBuilder()
    builder.input("x", ["N", 3, "H", "W"])
    builder.constant("factor", [], [0.7])
    builder.node("Shape", ["x"], ["fixed"], .int("end", 2))
    builder.node("Shape", ["x"], ["shape"], .int("start", 2))
    builder.node("Cast", ["shape"], ["floats"], .int("to", 1))
    builder.node("Mul", ["floats", "factor"], ["scaled"])
    builder.node("Ceil", ["scaled"], ["rounded"])
    builder.node("Cast", ["rounded"], ["sizes"], .int("to", 7))
    builder.node("Concat", ["fixed", "sizes"], ["target"], .int("axis", 0))
    builder.node("Resize", ["x", "", "", "target"], ["y"])
    builder.output("y")
    XCTAssertEqual(try builder.outputDims(binding), [5, 3, 14, 20])
    XCTAssertEqual(try builder.outputDims(Binding(height: 21, width: 11)), [1, 3, 15, 8])
  }

  func testPaddingToAMultiple() throws {
    var builder = ModelBuilder()
    builder.input("x", ["N", 1, "L"])
    builder.integers("multiple", [256])
    builder.integers("zeros", [0, 0, 0, 0, 0])
    builder.node("Shape", ["x"], ["length"], .int("start", 2))
    builder.node("Mod", ["length", "multiple"], ["rest"])
    builder.node("Sub", ["multiple", "rest"], ["missing"])
    builder.node("Mod", ["missing", "multiple"], ["pad"])
    builder.node("Concat", ["zeros", "pad"], ["pads"], .int("axis", 0))
    builder.node("Pad", ["x", "pads"], ["y"])
    builder.output("y")
    for (length, padded) in [(1, 256), (255, 256), (256, 256), (257, 512), (1000, 1024)] {
      XCTAssertEqual(try builder.outputDims(Binding(length: length)), [1, 1, padded])
    }
  }

  func testChoicesBetweenSizes() throws {
    var builder = ModelBuilder()
    builder.input("x", ["N", 3, "L"])
    builder.integers("hundred", [100])
    builder.integers("zero", [0])
    builder.integers("axis", [2])
    builder.node("Shape", ["x"], ["length"], .int("start", 2))
    builder.node("Greater", ["length", "hundred"], ["isLong"])
    builder.node("Where", ["isLong", "hundred", "length"], ["end"])
    builder.node("Slice", ["x", "zero", "end", "axis"], ["y"])
    builder.output("y")
    XCTAssertEqual(try builder.outputDims(Binding(length: 99)), [1, 3, 99])
    XCTAssertEqual(try builder.outputDims(Binding(length: 101)), [1, 3, 100])
  }

  func testConstantOfAnOpenShape() throws {
    var builder = ModelBuilder()
    builder.input("x", ["N", 2])
    builder.node("Shape", ["x"], ["shape"])
    builder.node("ConstantOfShape", ["shape"], ["zeros"])
    builder.node("Concat", ["x", "zeros"], ["y"], .int("axis", 1))
    builder.output("y")
    XCTAssertEqual(try builder.outputDims(binding), [5, 4])
  }

  func testSymbolsOfInputs() throws {
    var builder = ModelBuilder()
    builder.input("image", ["batch", "h", "w", 3])
    builder.input("signal", ["batch", 1, "?"])
    builder.input("square", ["N", 1, "s", "s"])
    for name in ["image", "signal", "square"] {
      builder.node("Relu", [name], ["y.\(name)"])
      builder.output("y.\(name)")
    }
    let symbols = try builder.graph().symbols
    XCTAssertEqual(symbols.map(\.name), ["batch", "h", "w", "signal.2", "N", "square.2", "square.3"])
    XCTAssertEqual(symbols.map(\.role), [.batch, .height, .width, .length, .batch, .height, .width])
  }

  func testShapesFixDimensions() throws {
    var builder = ModelBuilder()
    builder.input("x", ["N", 3, "H", "W"])
    builder.node("Relu", ["x"], ["y"])
    builder.output("y")
    func dims(_ shapes: [String: [Int?]]) throws -> [Int?] { try importModel(builder.model, shapes: shapes).inputs[0].dims }
    XCTAssertEqual(try dims(["x": [1, 3, 48, nil]]), [1, 3, 48, nil])
    for (shapes, message) in [
      (["x": [1, 3, 48]], "the shape for input 'x' has 3 dimensions, and the input has 4: x=?x3x?x?"),
      (["z": [1]], "a shape is given for 'z', which is no input; the inputs are x=?x3x?x?"),
      (["x": [nil, 4, nil, nil]], "dimension 1 of input 'x' is 3 in the model, and cannot be 4"),
    ] {
      XCTAssertThrowsError(try dims(shapes)) { XCTAssertEqual("\($0)", message) }
    }
  }

  func testAdviceToFixADimension() throws {
    var builder = ModelBuilder()
    builder.input("x", ["N", 3, "H", "W"])
    builder.integers("zero", [], [0])
    builder.integers("one", [], [1])
    builder.node("Shape", ["x"], ["shape"])
    builder.integers("two", [], [2])
    builder.node("Gather", ["shape", "two"], ["height"])
    builder.node("Range", ["zero", "height", "one"], ["y"], name: "rows")
    builder.output("y")
    XCTAssertEqual(
      builder.importError(),
      "node 'rows' (Range): 'the length of the range' depends on the size of the network's inputs in a way that is not supported; "
        + "it follows from dimension 2 of input 'x': give numbers instead of ? in --shape x=?x3x?x?")
  }

  func testBindingsBecomeConstants() throws {
    var builder = ModelBuilder()
    builder.input("x", [2, 6])
    builder.input("shape", [2], type: .int64)
    builder.node("Reshape", ["x", "shape"], ["y"], name: "flat")
    builder.output("y")
    XCTAssertEqual(builder.importError(), "node 'flat' (Reshape): input 'shape' must be a constant")
    let graph = try builder.graph(["x": ramp([2, 6]), "shape": Tensor([2], [3, 4] as [Int64])])
    XCTAssertEqual(graph.inputs.map { graph.names[$0.value] }, ["x"])
    XCTAssertEqual(try Engine(graph: graph).run([ramp([2, 6])]), [ramp([2, 6]).reshaped(to: [3, 4])])
  }
}
