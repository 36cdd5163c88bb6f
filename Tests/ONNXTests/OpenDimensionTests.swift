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
    XCTAssert(builder.importError().contains("depends on the size of the network's inputs"), builder.importError())
  }

  func testExpandToABatch() throws {
    XCTAssertEqual(try ModelBuilder.single("Expand", ["N", 1, 4], integers: [[2, 1, 3, 1]]).outputDims(binding), [2, 5, 3, 4])
  }

  func testAShapeIsNoOutputWhereItIsOpen() throws {
    XCTAssert(ModelBuilder.single("Shape", ["N", 3]).importError().contains("computed from the size"))
    XCTAssertEqual(try ModelBuilder.single("Shape", [2, 3]).run([ramp([2, 3])]), Tensor([2], [2, 3] as [Int64]))
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
