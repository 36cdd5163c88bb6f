import PrefactorGraph
import PrefactorModelFormat
import PrefactorTestSupport
import XCTest

@testable import PrefactorPasses

/// What becomes of the shapes of networks that people use.
final class NetworkTests: XCTestCase {
  private struct Simplification: Pass {
    func run(_ graph: inout Graph) throws { try simplify(&graph) }
  }

  private func assertSimplified(
    to expected: [String], dims: [Int?] = [nil, 4, 9, 12], line: UInt = #line,
    _ build: (inout TestNetwork, Value) -> Value
  ) throws {
    var network = TestNetwork()
    let x = network.input(dims)
    network.output(build(&network, x), name: "y")
    let graph = try applying([Simplification()], to: network, .sums(of: 2000), line: line)
    XCTAssertEqual(graph.operations, expected, line: line)
    var again = graph
    try simplify(&again)
    XCTAssertEqual(again.operations, expected, "the second time", line: line)
  }

  func testPlain() throws {
    let expected = [
      "transpose", "convolution", "pool", "convolution", "pool", "reshape", "fully-connected", "fully-connected",
    ]
    try assertSimplified(to: expected) { network, x in
      var y = network.relu(
        network.pool(network.convolution(x, from: 4, to: 6, window(3, pad: 1)), .maximum, window(2, stride: 2)))
      y = network.pool(network.relu(network.convolution(y, from: 6, to: 5)), .maximum, window(2, stride: 2))
      y = network.relu(network.fullyConnected(network.flatten(y), from: 30, to: 8))
      return network.fullyConnected(network.unary(y, .copy), from: 8, to: 3)
    }
  }

  func testResidual() throws {
    let expected = [
      "transpose", "convolution", "convolution", "convolution", "slice", "padding", "convolution", "convolution",
      "reduction", "reshape",
      "fully-connected",
    ]
    try assertSimplified(to: expected) { network, x in
      func block(_ x: Value, shortcut: Value, from inputs: Int, to outputs: Int, stride: Int32) -> Value {
        let first = network.convolution(x, from: inputs, to: outputs, window(3, stride: stride, pad: 1), hasBias: false)
        let second = network.convolution(
          network.relu(network.batchNormalization(first, channels: outputs)), from: outputs, to: outputs,
          window(3, pad: 1), hasBias: false)
        return network.relu(network.binary(.add, network.batchNormalization(second, channels: outputs), shortcut))
      }
      let stem = network.relu(network.convolution(x, from: 4, to: 4, window(3, pad: 1)))
      let y = block(stem, shortcut: stem, from: 4, to: 4, stride: 1)
      let halved = network.add(.slice(with(Slice()) { $0.steps = perAxis(1, 1, 2, 2, fill: 1) }), y)
      let shortcut = network.padding(halved, perAxis(0, 1), perAxis(0, 1))
      let z = block(y, shortcut: shortcut, from: 4, to: 6, stride: 2)
      return network.fullyConnected(network.flatten(network.average(z, axes: 0b1100)), from: 6, to: 3)
    }
  }

  func testDense() throws {
    try assertSimplified(
      to: [
        "transpose", "affine", "convolution", "concatenation", "affine", "convolution", "pool", "transpose",
      ]
    ) { network, x in
      let grown = network.convolution(
        network.relu(network.batchNormalization(x, channels: 4)), from: 4, to: 3, window(3, pad: 1))
      let both = network.concatenation([x, grown], axis: 1)
      let activated = network.relu(network.batchNormalization(both, channels: 7))
      return network.pool(network.convolution(activated, from: 7, to: 3), .average, window(2, stride: 2))
    }
  }

  func testFireModule() throws {
    let expected = [
      "transpose", "convolution", "convolution", "convolution", "concatenation", "convolution", "reduction", "reshape",
      "softmax",
    ]
    try assertSimplified(to: expected, dims: [nil, 4, nil, nil]) { network, x in
      let squeezed = network.relu(network.convolution(x, from: 4, to: 2))
      let small = network.relu(network.convolution(squeezed, from: 2, to: 3))
      let large = network.relu(network.convolution(squeezed, from: 2, to: 3, window(3, pad: 1)))
      let classes = network.convolution(network.concatenation([small, large], axis: 1), from: 6, to: 5)
      return network.softmax(network.flatten(network.average(network.relu(classes), axes: 0b1100)), axis: 1)
    }
  }

  func testShuffle() throws {
    let expected = [
      "transpose", "convolution", "reshape", "transpose", "reshape", "convolution", "convolution", "transpose",
    ]
    try assertSimplified(to: expected) { network, x in
      let y = network.relu(network.batchNormalization(network.convolution(x, from: 4, to: 4, groups: 2), channels: 4))
      let groups = network.reshape(y, [Reshape.inferred, 2, 2, 9, 12])
      let shuffled = network.reshape(network.transpose(groups, [0, 2, 1, 3, 4]), [Reshape.copy(0), 4, 9, 12])
      let depthwise = network.batchNormalization(
        network.convolution(shuffled, from: 4, to: 4, window(3, pad: 1), groups: 4), channels: 4)
      let z = network.batchNormalization(network.convolution(depthwise, from: 4, to: 4, groups: 2), channels: 4)
      return network.relu(network.binary(.add, x, z))
    }
  }

  func testSuperResolution() throws {
    try assertSimplified(to: ["reshape", "convolution", "convolution", "reshape"], dims: [nil, 1, nil, nil]) {
      network, x in
      let y = network.relu(network.convolution(x, from: 1, to: 4, window(3, pad: 1), hasBias: false))
      return network.binary(.add, network.convolution(y, from: 4, to: 1, window(3, pad: 1), hasBias: false), x)
    }
  }

  func testPreparedInput() throws {
    try assertSimplified(to: ["transpose", "convolution", "transpose"]) { network, x in
      let scaled = network.binary(.divide, x, network.constant([4, 1, 1], in: 1...2))
      return network.convolution(
        network.padding(scaled, perAxis(0, 0, 1, 1), perAxis(0, 0, 1, 1)), from: 4, to: 3, window(3))
    }
  }
}
