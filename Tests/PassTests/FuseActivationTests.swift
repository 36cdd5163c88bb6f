import PrefactorGraph
import PrefactorModelFormat
import XCTest

@testable import PrefactorPasses

final class FuseActivationTests: XCTestCase {
  func testBoundsOfEveryProducer() throws {
    var network = TestNetwork()
    let x = network.input([nil, 4, nil, nil])
    let y = network.relu(network.convolution(x, from: 4, to: 6))
    let sum = network.unary(
      network.binary(.multiply, y, network.average(y, axes: 0b1100)), .clip, alpha: 0.1, beta: 0.5)
    let flat = network.flatten(network.average(sum, axes: 0b1100))
    network.output(network.relu(network.fullyConnected(flat, from: 6, to: 5)), name: "y")
    let graph = try applying([EliminateTransposes(), FuseActivation()], to: network, .sums(of: 200))
    XCTAssertEqual(graph.count("unary"), 0)
  }

  func testBoundsOfBounds() throws {
    let bounds: [(Float, Float)] = [(0, 6), (-0.5, 0.25), (0.3, 0.1), (-3, -0.7), (-.infinity, 0.2)]
    for first in bounds {
      for second in bounds {
        var network = TestNetwork()
        let y = network.fullyConnected(network.input([nil, 5]), from: 5, to: 8)
        let clipped = network.unary(y, .clip, alpha: first.0, beta: first.1)
        network.output(network.unary(clipped, .clip, alpha: second.0, beta: second.1), name: "y")
        let graph = try applying([FuseActivation()], to: network)
        XCTAssertEqual(graph.operations, ["fully-connected"])
      }
    }
  }

  func testSecondUsesStop() throws {
    var network = TestNetwork()
    let y = network.fullyConnected(network.input([nil, 5]), from: 5, to: 5)
    network.output(network.relu(y), name: "relu")
    network.output(y, name: "y")
    let z = network.fullyConnected(y, from: 5, to: 5)
    network.output(network.binary(.add, z, network.relu(z)), name: "z")
    network.output(network.unary(network.fullyConnected(y, from: 5, to: 5), .leakyRelu, alpha: 0.1), name: "leaky")
    let graph = try applying([FuseActivation()], to: network)
    XCTAssertEqual(graph.count("unary"), 3)
  }
}
