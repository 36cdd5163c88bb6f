import PrefactorGraph
import PrefactorModelFormat
import XCTest

@testable import PrefactorPasses

final class MergeReshapesTests: XCTestCase {
  func testChain() throws {
    var network = TestNetwork()
    let x = network.input([nil, 4, nil, nil])
    let first = network.reshape(x, [Reshape.copy(3), Reshape.copy(2), 4, Reshape.copy(0)])
    let second = network.reshape(first, [Reshape.copy(1), Reshape.inferred])
    network.output(network.reshape(second, [2, Reshape.inferred, Reshape.copy(0)]), name: "y")
    network.output(network.reshape(second, [Reshape.inferred, Reshape.copy(1)]), name: "z")
    let graph = try applying([MergeReshapes(), RemoveUnused()], to: network)
    XCTAssertEqual(
      graph.operations, ["reshape", "reshape", "reshape"], "the second is needed for the dimension it infers")
  }
}
