import PrefactorGraph
import PrefactorModelFormat
import XCTest

@testable import PrefactorPasses

final class ActivateBeforePoolTests: XCTestCase {
  private func unaries(_ build: (inout TestNetwork, Value) -> Value) throws -> Int {
    var network = TestNetwork()
    let y = network.convolution(network.input([nil, 3, nil, nil]), from: 3, to: 4)
    network.output(build(&network, y), name: "y")
    return try applying([EliminateTransposes(), ActivateBeforePool(), FuseActivation()], to: network).count("unary")
  }

  func testMaxPool() throws {
    XCTAssertEqual(
      try unaries { network, y in network.relu(network.pool(y, .maximum, window(3, stride: 2, pad: 1))) }, 0)
    XCTAssertEqual(
      try unaries { network, y in
        network.unary(network.pool(y, .maximum, window(2), ceilMode: 1), .clip, alpha: -0.5, beta: 0.5)
      }, 0)
  }

  func testOthersStay() throws {
    XCTAssertEqual(try unaries { network, y in network.relu(network.pool(y, .average, window(2))) }, 1)
    XCTAssertEqual(try unaries { network, y in network.unary(network.pool(y, .maximum, window(2)), .abs) }, 1)
    // Windows may lie wholly in the padding, whose maximum is -∞ before an activation and not behind it.
    XCTAssertEqual(
      try unaries { network, y in network.relu(network.pool(y, .maximum, window(2, pad: 1, dilation: 3))) }, 1)
    let shared = try unaries { network, y in
      network.output(network.pool(y, .average, window(2)), name: "average")
      return network.relu(network.pool(y, .maximum, window(2)))
    }
    XCTAssertEqual(shared, 1)
  }
}
