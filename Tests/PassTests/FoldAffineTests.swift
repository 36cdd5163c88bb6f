import PrefactorGraph
import PrefactorModelFormat
import PrefactorTestSupport
import XCTest

@testable import PrefactorPasses

final class FoldAffineTests: XCTestCase {
  private let passes: [any Pass] = [EliminateTransposes(), RemoveIdentities(), FoldAffine(), RemoveUnused()]

  func testBatchNormalizationBehind() throws {
    for (groups, hasBias) in [(1, true), (1, false), (2, false), (4, true)] {
      var network = TestNetwork()
      let x = network.input([nil, 4, nil, nil])
      let y = network.convolution(x, from: 4, to: 8, window(3, pad: 1), groups: groups, hasBias: hasBias)
      network.output(network.batchNormalization(y, channels: 8), name: "y")
      let graph = try applying(passes, to: network, .sums(of: 40))
      XCTAssertEqual(graph.operations, ["transpose", "convolution", "transpose"])
    }
  }

  func testEveryFunctionBehindFullyConnected() throws {
    var network = TestNetwork()
    let x = network.input([nil, 5])
    var y = network.fullyConnected(x, from: 5, to: 6)
    y = network.binary(.subtract, y, network.constant([6]))
    y = network.binary(.subtract, network.constant([1]), y)
    y = network.binary(.divide, y, network.constant([1, 6], in: 1...2))
    y = network.binary(.multiply, network.constant([]), y)
    network.output(y, name: "y")
    let graph = try applying(passes, to: network, .sums(of: 20))
    XCTAssertEqual(graph.operations, ["fully-connected"])
  }

  func testScaleAndShiftBefore() throws {
    for groups in [1, 3] {
      var network = TestNetwork()
      let x = network.input([nil, 5, 7, 6])
      let scaled = network.binary(.multiply, x, network.constant([6]))
      let shifted = network.binary(.add, scaled, network.constant([6]))
      let convolution = with(Convolution()) { ($0.window, $0.groups) = (window(3), Int32(groups)) }
      network.output(
        network.add(.convolution(convolution), shifted, network.constant([12, 3, 3, 6 / groups])), name: "y")
      let graph = try applying(passes, to: network, .sums(of: 60))
      XCTAssertEqual(graph.operations, ["convolution"])
    }
  }

  func testShiftBeforePaddingStays() throws {
    var network = TestNetwork()
    let x = network.input([nil, 5, 7, 3])
    let convolution = Operation.convolution(with(Convolution()) { $0.window = window(3, pad: 1) })
    let shifted = network.binary(.add, x, network.constant([3]))
    network.output(network.add(convolution, shifted, network.constant([4, 3, 3, 3])), name: "shifted")
    let scaled = network.binary(.multiply, x, network.constant([3]))
    network.output(network.add(convolution, scaled, network.constant([4, 3, 3, 3])), name: "scaled")
    let graph = try applying(passes, to: network, .sums(of: 27))
    XCTAssertEqual(graph.operations, ["binary", "convolution", "convolution"])
  }

  func testWhatCannotBeFoldedStays() throws {
    let steps: [(inout TestNetwork, Value) -> Value] = [
      { network, y in network.binary(.divide, network.constant([4], in: 1...2), y) },
      { network, y in network.binary(.maximum, y, network.constant([4])) },
      { network, y in network.binary(.multiply, y, network.constant([5, 1])) },
      { network, y in network.binary(.multiply, y, network.constant([5, 4])) },
      { network, y in network.binary(.add, y, network.constant([1, 1, 1, 4])) },
      { network, y in
        network.output(y, name: "also an output")
        return network.binary(.add, y, network.constant([4]))
      },
      { network, y in
        network.binary(.multiply, network.binary(.add, y, network.constant([4])), network.unary(y, .tanh))
      },
    ]
    for step in steps {
      var network = TestNetwork()
      let y = network.fullyConnected(network.input([5, 3]), from: 3, to: 4)
      network.output(step(&network, y), name: "y")
      let count = network.graph.nodes.count
      let graph = try applying(passes, to: network)
      XCTAssertEqual(graph.nodes.count, count)
    }
  }

  func testSharedWeightsAreScaledOnce() throws {
    var network = TestNetwork()
    let x = network.input([nil, 3])
    let weights = network.constant([4, 3])
    let y = network.add(.fullyConnected(FullyConnected()), x, weights)
    network.output(network.binary(.multiply, y, network.constant([4])), name: "scaled")
    network.output(network.add(.fullyConnected(FullyConnected()), x, weights), name: "plain")
    let graph = try applying(passes, to: network, .sums(of: 3))
    XCTAssertEqual(graph.operations, ["fully-connected", "fully-connected"])
  }

  func testClampsStayBehindTheScale() throws {
    var network = TestNetwork()
    var y = network.fullyConnected(network.input([nil, 3]), from: 3, to: 4)
    y = network.relu(network.binary(.add, y, network.constant([4])))
    y = network.relu(network.binary(.subtract, network.constant([4]), y))
    network.output(y, name: "y")
    let graph = try applying([FuseActivation(), FoldAffine()], to: network, .sums(of: 5))
    XCTAssertEqual(graph.operations, ["fully-connected", "binary"])
  }
}
