import PrefactorGraph
import PrefactorModelFormat
import PrefactorTestSupport
import XCTest

@testable import PrefactorPasses

final class FoldConstantsTests: XCTestCase {
  func testChainOfConstants() throws {
    var network = TestNetwork()
    let x = network.input([nil, 4])
    let weights = network.transpose(network.unary(network.constant([4, 3]), .exp), [1, 0])
    let bias = network.reshape(network.binary(.add, network.constant([3, 1]), network.constant([1])), [3])
    network.output(
      network.binary(.add, network.add(.matrixProduct, x, network.transpose(weights, [1, 0])), bias), name: "y")
    let graph = try applying([FoldConstants(), RemoveUnused()], to: network)
    XCTAssertEqual(graph.operations, ["matrix-product", "binary"])
    XCTAssertEqual(graph.constants.count, 2)
  }

  func testConstantOutputsAndExpansionsStay() throws {
    var network = TestNetwork()
    let x = network.input([nil, 1])
    let large = network.add(
      .expansion(with(Expansion()) { ($0.rank, $0.dims) = (2, perAxis(1, 100_000)) }), network.constant([1]))
    network.output(network.binary(.add, x, large), name: "y")
    network.output(network.unary(network.unary(network.constant([2]), .exp), .abs), name: "constant")
    let graph = try applying([FoldConstants(), RemoveUnused()], to: network)
    XCTAssertEqual(graph.operations, ["expansion", "binary", "unary"])
  }

  func testWhatTakesTooLongStays() throws {
    var network = TestNetwork()
    let x = network.input([1])
    let left = network.constant([1025, 1 << 12])
    let right = network.constant([1 << 12, 1 << 10])
    network.output(network.binary(.add, x, network.add(.matrixProduct, left, right)), name: "y")
    let graph = try applying([FoldConstants(), RemoveUnused()], to: network)
    XCTAssertEqual(graph.operations.filter { $0 == "matrix-product" }.count, 1, "more than 2^32 multiplies")
  }
}
