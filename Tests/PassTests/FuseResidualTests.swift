import PrefactorGraph
import PrefactorModelFormat
import XCTest

@testable import PrefactorPasses

final class FuseResidualTests: XCTestCase {
  private func graph(
    _ agreement: Agreement = .exact, line: UInt = #line, _ build: (inout TestNetwork, Value) -> Value
  ) throws -> Graph {
    var network = TestNetwork()
    let x = network.relu(network.input([nil, 4, nil, nil]))
    network.output(build(&network, x), name: "y")
    return try applying(
      [EliminateTransposes(), RemoveIdentities(), FuseResidual(), FuseActivation()], to: network, agreement, line: line)
  }

  func testShortcut() throws {
    for hasBias in [true, false] {
      let graph = try graph { network, x in
        let y = network.relu(network.convolution(x, from: 4, to: 4, window(3, pad: 1)))
        return network.relu(
          network.binary(.add, network.convolution(y, from: 4, to: 4, window(3, pad: 1), hasBias: hasBias), x))
      }
      XCTAssertEqual(graph.operations, ["transpose", "unary", "convolution", "convolution", "transpose"])
    }
  }

  func testOperandThatIsComputedLater() throws {
    let graph = try graph { network, x in
      let y = network.convolution(x, from: 4, to: 4)
      return network.binary(.add, y, network.unary(network.unary(x, .tanh), .abs))
    }
    XCTAssertEqual(graph.operations, ["transpose", "unary", "unary", "unary", "convolution", "transpose"])
  }

  func testTwoConvolutions() throws {
    let graph = try graph { network, x in
      network.relu(
        network.binary(.add, network.convolution(x, from: 4, to: 6), network.convolution(x, from: 4, to: 6)))
    }
    XCTAssertEqual(graph.operations, ["transpose", "unary", "convolution", "convolution", "transpose"])
  }

  func testDepthwise() throws {
    let graph = try graph { network, x in
      network.binary(.add, x, network.convolution(x, from: 4, to: 4, window(3, pad: 1), groups: 4))
    }
    XCTAssertEqual(graph.count("binary"), 0)
  }

  func testWhatIsNoResidualStays() throws {
    let sums: [(inout TestNetwork, Value) -> Value] = [
      { network, x in network.binary(.add, network.relu(network.convolution(x, from: 4, to: 4)), x) },
      { network, x in network.binary(.subtract, network.convolution(x, from: 4, to: 4), x) },
      { network, x in network.binary(.add, network.convolution(x, from: 4, to: 4), network.average(x, axes: 0b1100))
      },
      { network, x in network.binary(.add, network.convolution(x, from: 4, to: 1), x) },
      { network, x in
        let y = network.convolution(x, from: 4, to: 4)
        return network.binary(.add, y, y)
      },
      { network, x in
        let y = network.convolution(x, from: 4, to: 4)
        network.output(y, name: "also an output")
        return network.binary(.add, y, x)
      },
    ]
    for sum in sums { XCTAssertEqual(try graph(.sums(of: 100), sum).count("binary"), 1) }
  }
}
