import PrefactorGraph
import PrefactorModelFormat
import PrefactorTestSupport
import XCTest

final class EncodingTests: XCTestCase {
  func testTheSameGraphGivesTheSameBytes() throws {
    for (name, graph) in TestGraph.all { XCTAssertEqual(try graph.encoded(), try graph.encoded(), name) }
  }

  func testDecodingGivesTheGraphBack() throws {
    for (name, graph) in TestGraph.all {
      let decoded = try Graph(decoding: graph.encoded())
      XCTAssertEqual(decoded.inputs.map(\.dims), graph.inputs.map(\.dims), name)
      XCTAssertEqual(decoded.inputs.map(\.dimensions), graph.inputs.map(\.dimensions), name)
      XCTAssertEqual(decoded.symbols, graph.symbols, name)
      // Those that only inputs use are added.
      XCTAssertEqual(Array(decoded.expressions.prefix(graph.expressions.count)), graph.expressions, name)
      XCTAssertEqual(decoded.nodes.map(\.bindings), graph.nodes.map(\.bindings), name)
      for (left, right) in zip(decoded.outputs, graph.outputs) {
        if let dimensions = graph.outputDimensions[right] {
          XCTAssertEqual(decoded.outputDimensions[left], dimensions, name)
        }
      }
      XCTAssertEqual(decoded.inputs.map(\.type), graph.inputs.map(\.type), name)
      XCTAssertEqual(decoded.inputs.map { decoded.names[$0.value] }, graph.inputs.map { graph.names[$0.value] }, name)
      XCTAssertEqual(decoded.outputs.map { decoded.names[$0] }, graph.outputs.map { graph.names[$0] }, name)
      XCTAssertEqual(decoded.nodes.map(\.name), graph.nodes.map(\.name), name)
      XCTAssertEqual(decoded.nodes.map { attributes($0.operation) }, graph.nodes.map { attributes($0.operation) }, name)
      XCTAssertEqual(
        decoded.inputs.map { decoded.quantizations[$0.value] }, graph.inputs.map { graph.quantizations[$0.value] }, name
      )
      XCTAssertEqual(
        decoded.nodes.map { decoded.quantizations[$0.output] }, graph.nodes.map { graph.quantizations[$0.output] }, name
      )
      XCTAssertEqual(decoded.nodes.map(\.layer), graph.nodes.map(\.layer), name)
      for (left, right) in zip(decoded.nodes, graph.nodes) {
        XCTAssertEqual(
          left.inputs.indices.map { decoded.constant(left, $0) },
          right.inputs.indices.map { graph.constant(right, $0) }, name)
      }
      XCTAssertEqual(decoded.layers, graph.layers, name)
      XCTAssertEqual(decoded.preprocessing, graph.preprocessing, name)
      XCTAssertEqual(decoded.labels, graph.labels, name)
      XCTAssertEqual(decoded.metadata.map(\.key), graph.metadata.map(\.key), name)
      XCTAssertEqual(decoded.metadata.map(\.value), graph.metadata.map(\.value), name)
    }
  }

  func testEncodingWhatWasDecodedGivesTheSameBytes() throws {
    for (name, graph) in TestGraph.all {
      let bytes = try graph.encoded()
      XCTAssertEqual(try Graph(decoding: bytes).encoded(), bytes, name)
    }
  }

  /// Panels have another length where a group's output channels are no multiple of four.
  func testGroupedWeightsComeBack() throws {
    for (groups, outputs) in [(1, 1), (1, 33), (1, 64), (2, 6), (2, 66), (3, 96), (5, 5), (4, 140)] {
      var graph = Graph()
      let image = graph.addInput(name: "image", dims: [1, 2, 2, 2 * groups])
      let weights = Tensor.random([outputs, 1, 1, 2], seed: 1)
      let output = graph.addNode(
        .convolution(with(Convolution()) { $0.groups = Int32(groups) }), [image, graph.addConstant(weights)],
        name: "convolution")
      graph.outputs = [output]
      let decoded = try Graph(decoding: graph.encoded())
      XCTAssertEqual(decoded.constant(decoded.nodes[0], 1), weights, "\(groups) groups, \(outputs) outputs")
    }
  }

  func testAGraphWhoseOutputNobodyComputesIsRefused() {
    var graph = Graph()
    graph.outputs = [graph.addInput(name: "x", dims: [1])]
    XCTAssertThrowsError(try graph.encoded())
  }

  private func attributes(_ operation: Operation) -> String {
    "\(operation.code): \(operation.withAttributes { [UInt8]($0) })"
  }
}
