import PrefactorGraph
import PrefactorModelFormat
import XCTest

@testable import PrefactorPasses

final class RemoveUnusedTests: XCTestCase {
  func testUnusedNodesAndConstants() throws {
    var network = TestNetwork()
    let x = network.input([nil, 3])
    _ = network.relu(network.binary(.add, x, network.constant([3])))
    network.output(network.unary(x, .exp), name: "y")
    let graph = try applying([RemoveUnused()], to: network)
    XCTAssertEqual(graph.operations, ["unary"])
    XCTAssertTrue(graph.constants.isEmpty)
  }
}
