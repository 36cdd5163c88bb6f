import KernelContract
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
      network.binary(PF_MULTIPLY, y, network.average(y, axes: 0b1100)), PF_CLIP, alpha: 0.1, beta: 0.5)
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
        let clipped = network.unary(y, PF_CLIP, alpha: first.0, beta: first.1)
        network.output(network.unary(clipped, PF_CLIP, alpha: second.0, beta: second.1), name: "y")
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
    network.output(network.binary(PF_ADD, z, network.relu(z)), name: "z")
    network.output(network.unary(network.fullyConnected(y, from: 5, to: 5), PF_LEAKY_RELU, alpha: 0.1), name: "leaky")
    let graph = try applying([FuseActivation()], to: network)
    XCTAssertEqual(graph.count("unary"), 3)
  }
}

final class ActivateBeforePoolTests: XCTestCase {
  private func unaries(_ build: (inout TestNetwork, Value) -> Value) throws -> Int {
    var network = TestNetwork()
    let y = network.convolution(network.input([nil, 3, nil, nil]), from: 3, to: 4)
    network.output(build(&network, y), name: "y")
    return try applying([EliminateTransposes(), ActivateBeforePool(), FuseActivation()], to: network).count("unary")
  }

  func testMaxPool() throws {
    XCTAssertEqual(
      try unaries { network, y in network.relu(network.pool(y, PF_POOL_MAX, window(3, stride: 2, pad: 1))) }, 0)
    XCTAssertEqual(
      try unaries { network, y in
        network.unary(network.pool(y, PF_POOL_MAX, window(2), ceilMode: 1), PF_CLIP, alpha: -0.5, beta: 0.5)
      }, 0)
  }

  func testOthersStay() throws {
    XCTAssertEqual(try unaries { network, y in network.relu(network.pool(y, PF_POOL_AVERAGE, window(2))) }, 1)
    XCTAssertEqual(try unaries { network, y in network.unary(network.pool(y, PF_POOL_MAX, window(2)), PF_ABS) }, 1)
    // Windows may lie wholly in the padding, whose maximum is -∞ before an activation and not behind it.
    XCTAssertEqual(
      try unaries { network, y in network.relu(network.pool(y, PF_POOL_MAX, window(2, pad: 1, dilation: 3))) }, 1)
    let shared = try unaries { network, y in
      network.output(network.pool(y, PF_POOL_AVERAGE, window(2)), name: "average")
      return network.relu(network.pool(y, PF_POOL_MAX, window(2)))
    }
    XCTAssertEqual(shared, 1)
  }
}

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
          network.binary(PF_ADD, network.convolution(y, from: 4, to: 4, window(3, pad: 1), hasBias: hasBias), x))
      }
      XCTAssertEqual(graph.operations, ["transpose", "unary", "convolution", "convolution", "transpose"])
    }
  }

  func testOperandThatIsComputedLater() throws {
    let graph = try graph { network, x in
      let y = network.convolution(x, from: 4, to: 4)
      return network.binary(PF_ADD, y, network.unary(network.unary(x, PF_TANH), PF_ABS))
    }
    XCTAssertEqual(graph.operations, ["transpose", "unary", "unary", "unary", "convolution", "transpose"])
  }

  func testTwoConvolutions() throws {
    let graph = try graph { network, x in
      network.relu(
        network.binary(PF_ADD, network.convolution(x, from: 4, to: 6), network.convolution(x, from: 4, to: 6)))
    }
    XCTAssertEqual(graph.operations, ["transpose", "unary", "convolution", "convolution", "transpose"])
  }

  func testDepthwise() throws {
    let graph = try graph { network, x in
      network.binary(PF_ADD, x, network.convolution(x, from: 4, to: 4, window(3, pad: 1), groups: 4))
    }
    XCTAssertEqual(graph.count("binary"), 0)
  }

  func testWhatIsNoResidualStays() throws {
    let sums: [(inout TestNetwork, Value) -> Value] = [
      { network, x in network.binary(PF_ADD, network.relu(network.convolution(x, from: 4, to: 4)), x) },
      { network, x in network.binary(PF_SUBTRACT, network.convolution(x, from: 4, to: 4), x) },
      { network, x in network.binary(PF_ADD, network.convolution(x, from: 4, to: 4), network.average(x, axes: 0b1100))
      },
      { network, x in network.binary(PF_ADD, network.convolution(x, from: 4, to: 1), x) },
      { network, x in
        let y = network.convolution(x, from: 4, to: 4)
        return network.binary(PF_ADD, y, y)
      },
      { network, x in
        let y = network.convolution(x, from: 4, to: 4)
        network.output(y, name: "also an output")
        return network.binary(PF_ADD, y, x)
      },
    ]
    for sum in sums { XCTAssertEqual(try graph(.sums(of: 100), sum).count("binary"), 1) }
  }
}

final class FuseScaleAndShiftTests: XCTestCase {
  private let passes: [any Pass] = [
    EliminateTransposes(), RemoveIdentities(), FoldScaleAndShift(), FuseScaleAndShift(), FuseActivation(),
  ]

  func testScalesBehindAConcatenation() throws {
    var network = TestNetwork()
    let x = network.input([nil, 4, nil, nil])
    let both = network.concatenation([network.convolution(x, from: 4, to: 2), x], axis: 1)
    let normalized = network.batchNormalization(network.batchNormalization(both, channels: 6), channels: 6)
    network.output(network.convolution(network.relu(normalized), from: 6, to: 3, window(3, pad: 1)), name: "y")
    let graph = try applying(passes, to: network, .sums(of: 60))
    XCTAssertEqual(
      graph.operations, ["transpose", "convolution", "concatenation", "scale-shift", "convolution", "transpose"])
  }

  func testAnyRankAndSingleNumbers() throws {
    var network = TestNetwork()
    let x = network.input([nil, 7])
    let scaled = network.binary(
      PF_MULTIPLY, network.binary(PF_SUBTRACT, x, network.constant([])), network.constant([7]))
    network.output(network.unary(scaled, PF_CLIP, alpha: -0.2, beta: 0.3), name: "y")
    XCTAssertEqual(try applying(passes, to: network, .sums(of: 3)).operations, ["scale-shift"])
  }

  func testWhatIsNoPairStays() throws {
    var network = TestNetwork()
    let x = network.input([nil, 4, 5, 6])
    let once = network.relu(network.binary(PF_MULTIPLY, x, network.constant([4, 1, 1])))
    let twice = network.binary(
      PF_ADD, network.binary(PF_MULTIPLY, x, network.constant([4, 5, 6])), network.constant([4, 1, 1]))
    let clipped = network.binary(
      PF_ADD, network.relu(network.binary(PF_MULTIPLY, x, network.constant([4, 1, 1]))), network.constant([4, 1, 1]))
    for (value, name) in [(once, "once"), (twice, "twice"), (clipped, "clipped")] { network.output(value, name: name) }
    let graph = try applying(passes, to: network)
    XCTAssertEqual(graph.count("scale-shift"), 0)
  }

  /// A later round may find a layer for it.
  func testALayerTakesItUp() throws {
    var network = TestNetwork()
    let y = network.batchNormalization(network.input([nil, 4, nil, nil]), channels: 4)
    network.output(network.convolution(y, from: 4, to: 3), name: "y")
    let passes: [any Pass] = [
      EliminateTransposes(), RemoveIdentities(), FuseScaleAndShift(), FoldScaleAndShift(), RemoveUnused(),
    ]
    XCTAssertEqual(
      try applying(passes, to: network, .sums(of: 12)).operations, ["transpose", "convolution", "transpose"])
  }
}
