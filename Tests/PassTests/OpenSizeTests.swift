import PrefactorEngine
import PrefactorGraph
import PrefactorModelFormat
import XCTest

@testable import PrefactorPasses

/// Passes on networks whose attributes follow from sizes, and decisions that hold at some sizes only.
final class OpenSizeTests: XCTestCase {
  private let sizes = [
    Binding(batch: 1, height: 8, width: 8), Binding(batch: 2, height: 7, width: 10),
    Binding(batch: 3, height: 1, width: 31),
    Binding(batch: 1, height: 32, width: 64),
  ]

  /// Binds words of the last node.
  private func bind(_ network: inout TestNetwork, _ words: [Int: Size]) {
    let last = network.graph.nodes.count - 1
    for (word, size) in words.sorted(by: { $0.key < $1.key }) {
      let expression = network.graph.expression(.integer(size))
      network.graph.nodes[last].bindings.append(AttributeBinding(word: word, expression: expression))
    }
  }

  /// An image that is padded to a multiple of 4 and cropped to its left half, between convolutions.
  func testBoundWordsMoveWithTheirAxes() throws {
    var network = TestNetwork()
    var x = network.input([nil, 3, nil, nil])
    let height = Size.symbol(1)
    let width = Size.symbol(2)
    x = network.convolution(x, from: 3, to: 4, window(3, pad: 1))
    x = network.padding(x, PerAxis(repeating: 0), PerAxis(repeating: 0))
    bind(&network, [10 + 2: (-height).modulo(Size(4)), 10 + 3: (-width).modulo(Size(4))])
    x = network.slice(x, axis: 3, from: 0, to: 0)
    bind(&network, [8 + 3: width.ceilingDivided(by: Size(2))])
    x = network.convolution(x, from: 4, to: 2, window(1))
    network.output(x, name: "y")
    let graph = try applying(simplifications, to: network, .sums(of: 64), bindings: sizes)
    XCTAssertEqual(graph.count("transpose"), 2)
  }

  /// What would be the image's own size at multiples of 32.
  func testACropIsKept() throws {
    var network = TestNetwork()
    var x = network.input([nil, 3, nil, nil])
    x = network.slice(x, axis: 2, from: 0, to: 0)
    bind(&network, [8 + 2: Size.symbol(1).floorDivided(by: Size(32)) * 32])
    network.output(network.relu(x), name: "y")
    let graph = try applying(
      [RemoveIdentities()], to: network, bindings: [sizes[3], Binding(batch: 1, height: 70, width: 5)])
    XCTAssertEqual(graph.count("slice"), 1)
  }

  func testAnAverageOfSomethingLargeIsKept() throws {
    var network = TestNetwork()
    var x = network.input([nil, 3, nil, nil])
    x = network.pool(x, .average, window(7, stride: 7))
    network.output(network.average(x, axes: 0b1100), name: "y")
    let graph = try applying(
      [RemoveIdentities()], to: network, bindings: [Binding(height: 7, width: 7), Binding(height: 15, width: 28)])
    XCTAssertEqual(graph.count("reduction"), 1)
  }

  /// Of a fully-connected layer's depth follows that one pixel is left, and so that no transpose is needed.
  func testAClassifierForOneSize() throws {
    var network = TestNetwork()
    var x = network.input([nil, 3, nil, nil])
    x = network.convolution(x, from: 3, to: 4, window(3, stride: 2, pad: 1))
    x = network.pool(x, .average, window(7, stride: 1))
    network.output(network.fullyConnected(network.flatten(x), from: 4, to: 5), name: "y")
    try network.graph.chooseReferenceSizes()
    let graph = try applying(
      simplifications, to: network, .sums(of: 256),
      bindings: [Binding(height: 13, width: 14), Binding(height: 14, width: 13)])
    XCTAssertEqual(graph.count("transpose"), 1)
    var options = EngineOptions()
    (options.batch, options.height, options.width) = (1, 28, 28)
    XCTAssertThrowsError(try Engine(graph: graph, options: options))
  }

  /// That one pixel is left says the reshape alone, which therefore must not be taken away on the strength of it.
  func testAReshapeIsKeptThatAloneRefusesSizes() throws {
    for isAverage in [true, false] {
      var network = TestNetwork()
      var x = network.input([nil, 3, nil, nil])
      x = network.pool(x, .average, window(7, stride: 7))
      x = network.reshape(x, [Reshape.copy(0), Reshape.copy(1), 1, 1])
      network.output(
        isAverage ? network.average(x, axes: 0b1100) : network.reshape(x, [Reshape.copy(0), Reshape.inferred]),
        name: "y")
      try network.graph.chooseReferenceSizes()
      let accepted = [Binding(height: 7, width: 7), Binding(batch: 2, height: 13, width: 9)]
      let original = network.graph
      let graph = try applying(simplifications, to: network, bindings: accepted)
      for graph in [original, graph] {
        for side in [14, 28] { XCTAssertThrowsError(try graph.shapes(Binding(height: side, width: 7)), "\(isAverage)") }
      }
    }
  }

  /// The first reshape refuses what the second would accept.
  func testAReshapeThatRefusesSizesIsKept() throws {
    var network = TestNetwork()
    let x = network.input([nil, 3, nil, nil])
    let merged = network.reshape(x, [Reshape.copy(0), 3, 0])
    bind(&network, [3: Size.symbol(1) * 8])
    network.output(network.reshape(merged, [Reshape.copy(0), Reshape.inferred]), name: "y")
    try network.graph.chooseReferenceSizes()
    let graph = try applying([MergeReshapes(), RemoveUnused()], to: network, bindings: [sizes[0]])
    XCTAssertEqual(graph.count("reshape"), 2)
    var options = EngineOptions()
    (options.batch, options.height, options.width) = (1, 8, 9)
    XCTAssertThrowsError(try Engine(graph: graph, options: options))
  }
}
