import PrefactorGraph
import PrefactorModelFormat
import XCTest

@testable import PrefactorPasses

final class FuseAffineTests: XCTestCase {
  private let passes: [any Pass] = [
    EliminateTransposes(), RemoveIdentities(), FoldAffine(), FuseAffine(), FuseActivation(),
  ]

  func testScalesBehindAConcatenation() throws {
    var network = TestNetwork()
    let x = network.input([nil, 4, nil, nil])
    let both = network.concatenation([network.convolution(x, from: 4, to: 2), x], axis: 1)
    let normalized = network.batchNormalization(network.batchNormalization(both, channels: 6), channels: 6)
    network.output(network.convolution(network.relu(normalized), from: 6, to: 3, window(3, pad: 1)), name: "y")
    let graph = try applying(passes, to: network, .sums(of: 60))
    XCTAssertEqual(
      graph.operations, ["transpose", "convolution", "concatenation", "affine", "convolution", "transpose"])
  }

  func testAnyRankAndSingleNumbers() throws {
    var network = TestNetwork()
    let x = network.input([nil, 7])
    let scaled = network.binary(
      .multiply, network.binary(.subtract, x, network.constant([])), network.constant([7]))
    network.output(network.unary(scaled, .clip, alpha: -0.2, beta: 0.3), name: "y")
    XCTAssertEqual(try applying(passes, to: network, .sums(of: 3)).operations, ["affine"])
  }

  func testWhatIsNoPairStays() throws {
    var network = TestNetwork()
    let x = network.input([nil, 4, 5, 6])
    let once = network.relu(network.binary(.multiply, x, network.constant([4, 1, 1])))
    let twice = network.binary(
      .add, network.binary(.multiply, x, network.constant([4, 5, 6])), network.constant([4, 1, 1]))
    let clipped = network.binary(
      .add, network.relu(network.binary(.multiply, x, network.constant([4, 1, 1]))), network.constant([4, 1, 1]))
    for (value, name) in [(once, "once"), (twice, "twice"), (clipped, "clipped")] { network.output(value, name: name) }
    let graph = try applying(passes, to: network)
    XCTAssertEqual(graph.count("affine"), 0)
  }

  /// A later round may find a layer for it.
  func testALayerTakesItUp() throws {
    var network = TestNetwork()
    let y = network.batchNormalization(network.input([nil, 4, nil, nil]), channels: 4)
    network.output(network.convolution(y, from: 4, to: 3), name: "y")
    let passes: [any Pass] = [
      EliminateTransposes(), RemoveIdentities(), FuseAffine(), FoldAffine(), RemoveUnused(),
    ]
    XCTAssertEqual(
      try applying(passes, to: network, .sums(of: 12)).operations, ["transpose", "convolution", "transpose"])
  }
}
