import PrefactorGraph
import PrefactorModelFormat
import XCTest

@testable import PrefactorPasses

final class FlattenIntoWeightsTests: XCTestCase {
  private let passes: [any Pass] = [EliminateTransposes(), FlattenIntoWeights(), RemoveUnused()]

  private func features(_ network: inout TestNetwork, batch: Int? = nil) -> Value {
    let x = network.input([batch, 3, 4, 5])
    return network.relu(network.convolution(x, from: 3, to: 6))
  }

  func testFlattening() throws {
    for batch in [nil, 1, 2] {
      var network = TestNetwork()
      let y = network.flatten(features(&network, batch: batch))
      network.output(network.fullyConnected(y, from: 120, to: 7), name: "y")
      let graph = try applying(passes, to: network, .sums(of: 120))
      XCTAssertEqual(graph.operations, ["transpose", "convolution", "unary", "reshape", "fully-connected"])
    }
  }

  func testElementwiseOperationsBetween() throws {
    var network = TestNetwork()
    let flat = network.flatten(features(&network))
    let scaled = network.binary(.multiply, network.constant([120]), network.unary(flat, .copy))
    let y = network.binary(.add, network.binary(.add, scaled, network.constant([1, 120])), network.constant([1]))
    network.output(network.fullyConnected(y, from: 120, to: 7), name: "first")
    network.output(network.fullyConnected(scaled, from: 120, to: 5), name: "second")
    let graph = try applying(passes, to: network, .sums(of: 120))
    XCTAssertEqual(graph.count("transpose"), 1)
  }

  func testFlattenedImagesWithOtherUsesStayInOrder() throws {
    let others: [(inout TestNetwork, Value) -> Value] = [
      { network, flat in network.unary(flat, .tanh) },
      { network, flat in network.softmax(flat, axis: 1) },
      { network, flat in network.slice(flat, axis: 1, from: 0, to: 50) },
      { network, flat in network.binary(.add, flat, network.input([nil, 120], name: "other")) },
    ]
    for other in others {
      var network = TestNetwork()
      let flat = network.flatten(features(&network))
      network.output(other(&network, flat), name: "other")
      network.output(network.fullyConnected(flat, from: 120, to: 7), name: "y")
      let graph = try applying(passes, to: network)
      XCTAssertEqual(graph.count("transpose"), 2)
    }
  }

  func testSharedWeights() throws {
    var network = TestNetwork()
    let weights = network.constant([7, 120])
    let flat = network.flatten(features(&network))
    let other = network.input([nil, 120], name: "other")
    network.output(network.add(.fullyConnected(FullyConnected()), flat, weights), name: "y")
    network.output(network.add(.fullyConnected(FullyConnected()), other, weights), name: "z")
    let graph = try applying(passes, to: network, .sums(of: 120))
    XCTAssertEqual(graph.count("transpose"), 1)
  }
}
