import PrefactorGraph
import PrefactorModelFormat
import PrefactorTestSupport
import XCTest

@testable import PrefactorPasses

final class EliminateTransposesTests: XCTestCase {
  /// With those that tidy up behind it.
  private let passes: [any Pass] = [EliminateTransposes(), MergeReshapes(), RemoveIdentities(), RemoveUnused()]

  /// The input's transpose, then what is given, then the output's.
  private func assertChannelsLast(
    _ expected: [String], _ agreement: Agreement = .exact, line: UInt = #line,
    _ build: (inout TestNetwork, Value) -> Value
  ) throws {
    var network = TestNetwork()
    let x = network.input([nil, 6, nil, nil])
    let y = build(&network, network.convolution(x, from: 6, to: 6, window(3, pad: 1)))
    network.output(network.convolution(y, from: 6, to: 4), name: "y")
    let graph = try applying(passes, to: network, agreement, line: line)
    XCTAssertEqual(
      graph.operations, ["transpose", "convolution"] + expected + ["convolution", "transpose"], line: line)
  }

  func testUnary() throws {
    try assertChannelsLast(["unary"]) { network, x in network.relu(x) }
  }

  func testBinaryWithConstants() throws {
    try assertChannelsLast(["binary", "binary"]) { network, x in network.batchNormalization(x, channels: 6) }
    try assertChannelsLast(["binary"]) { network, x in network.binary(.subtract, network.constant([]), x) }
    try assertChannelsLast(["binary"]) { network, x in network.binary(.prelu, x, network.constant([1, 6, 1, 1])) }
  }

  func testBinaryWithTwoViews() throws {
    try assertChannelsLast(["convolution", "binary"]) { network, x in
      network.binary(.add, x, network.convolution(x, from: 6, to: 6))
    }
  }

  func testSqueezeAndExcitation() throws {
    try assertChannelsLast(
      ["reduction", "reshape", "fully-connected", "unary", "reshape", "binary"], .sums(of: 200)
    ) { network, x in
      let average = network.flatten(network.average(x, axes: 0b1100))
      let gate = network.unary(network.fullyConnected(average, from: 6, to: 6), .sigmoid)
      return network.binary(.multiply, x, network.reshape(gate, [Reshape.copy(0), 6, 1, 1]))
    }
  }

  func testConcatenation() throws {
    try assertChannelsLast(["convolution", "concatenation", "slice"]) { network, x in
      let both = network.concatenation([network.convolution(x, from: 6, to: 3), x], axis: 1)
      return network.slice(both, axis: 1, from: 2, to: 8)
    }
  }

  func testSliceAndPad() throws {
    try assertChannelsLast(["slice", "slice", "padding", "slice"]) { network, x in
      let halved = network.slice(
        network.slice(x, axis: 2, from: 0, to: .max, step: 2), axis: 3, from: -1, to: .min, step: -2)
      let padded = network.padding(halved, perAxis(0, 1, 2, 0), perAxis(0, 2, 0, 1))
      return network.slice(padded, axis: 1, from: 1, to: -2)
    }
  }

  func testSoftmaxAndTile() throws {
    try assertChannelsLast(["softmax", "tile"], .sums(of: 6)) { network, x in
      network.add(.tile(with(Tile()) { $0.repeats = perAxis(1, 1, 2, 1, fill: 1) }), network.softmax(x, axis: 1))
    }
  }

  func testExpansion() throws {
    try assertChannelsLast(["reduction", "expansion"], .sums(of: 100)) { network, x in
      let dims = [Reshape.copy(0), Reshape.copy(1), 5, 7]
      return network.add(
        .expansion(with(Expansion()) { ($0.rank, $0.dims) = (4, perAxis(dims[0], dims[1], dims[2], dims[3])) }),
        network.average(x, axes: 0b1100))
    }
  }

  func testChannelShuffle() throws {
    try assertChannelsLast(["reshape", "transpose", "reshape"]) { network, x in
      let groups = network.reshape(x, [Reshape.copy(0), 2, 3, Reshape.copy(2), Reshape.copy(3)])
      let shuffled = network.transpose(groups, [0, 2, 1, 3, 4])
      return network.reshape(shuffled, [Reshape.copy(0), -1, Reshape.copy(3), Reshape.copy(4)])
    }
  }

  func testMergedPixelsAndBack() throws {
    var network = TestNetwork()
    let x = network.input([nil, 6, 8, 4])
    let pixels = network.reshape(network.convolution(x, from: 6, to: 5), [Reshape.copy(0), 5, 32])
    let mixed = network.add(.matrixProduct, network.transpose(pixels, [0, 2, 1]), network.constant([5, 5]))
    let image = network.reshape(network.transpose(mixed, [0, 2, 1]), [Reshape.copy(0), 5, 8, 4])
    network.output(network.convolution(image, from: 5, to: 3), name: "y")
    let graph = try applying(passes, to: network)
    XCTAssertEqual(
      graph.operations,
      ["transpose", "convolution", "reshape", "matrix-product", "reshape", "convolution", "transpose"])
  }

  func testReducedAxes() throws {
    var network = TestNetwork()
    let x = network.input([nil, 6, 5, 7])
    let y = network.convolution(x, from: 6, to: 4)
    network.output(network.average(y, axes: 0b1100, keepDims: 0), name: "channels")
    network.output(network.average(y, axes: 0b10, keepDims: 0), name: "pixels")
    network.output(network.add(.argMax(with(ArgMax()) { ($0.axis, $0.keepDims) = (1, 0) }), y), name: "best")
    network.output(network.add(.argMax(with(ArgMax()) { ($0.axis, $0.keepDims) = (2, 0) }), y), name: "row")
    let graph = try applying(passes, to: network, .sums(of: 35))
    XCTAssertEqual(graph.count("transpose"), 2, "the input's, and the last output's, which has two axes left")
  }

  func testTransposeOfOneChannelIsAReshape() throws {
    var network = TestNetwork()
    let x = network.input([nil, 1, nil, nil])
    let y = network.convolution(network.convolution(x, from: 1, to: 4, window(3, pad: 1)), from: 4, to: 1)
    network.output(network.binary(.add, y, x), name: "y")
    let graph = try applying(passes, to: network)
    XCTAssertEqual(graph.operations, ["reshape", "convolution", "convolution", "binary", "reshape"])
  }

  func testSizeOneOnlyInOneSampleStaysATranspose() throws {
    var network = TestNetwork()
    let x = network.input([nil, 3])
    network.output(network.transpose(x, [1, 0]), name: "y")
    let graph = try applying(passes, to: network)
    XCTAssertEqual(graph.operations, ["transpose"])
  }

  func testOutputsInTheMiddle() throws {
    var network = TestNetwork()
    let x = network.input([nil, 3, 4, 5])
    let first = network.convolution(x, from: 3, to: 4)
    let second = network.relu(first)
    network.output(second, name: "second")
    network.output(first, name: "first")
    network.output(network.transpose(second, [0, 2, 3, 1]), name: "last")
    let graph = try applying(passes, to: network)
    XCTAssertEqual(graph.count("transpose"), 3)
  }

  func testOperandsOfLowerRank() throws {
    var network = TestNetwork()
    let x = network.input([2, 4, 5, 6])
    let scale = network.input([4, 1, 1], name: "scale")
    let y = network.binary(.multiply, network.convolution(x, from: 4, to: 4), scale)
    network.output(network.convolution(y, from: 4, to: 4), name: "y")
    let graph = try applying(passes, to: network)
    XCTAssertEqual(graph.operations, ["transpose", "convolution", "reshape", "binary", "convolution", "transpose"])
  }

  func testOperationsBeforeTheFirstTranspose() throws {
    var network = TestNetwork()
    let x = network.input([nil, 3, nil, nil])
    let normalized = network.batchNormalization(x, channels: 3)
    let padded = network.padding(normalized, perAxis(0, 0, 1, 1), perAxis(0, 0, 1, 1))
    network.output(network.convolution(padded, from: 3, to: 2, window(3)), name: "y")
    let graph = try applying(passes, to: network)
    XCTAssertEqual(graph.operations, ["transpose", "binary", "binary", "padding", "convolution", "transpose"])
  }

  func testReadersThatDisagree() throws {
    var network = TestNetwork()
    let x = network.relu(network.input([nil, 3, 4, 5]))
    network.output(network.convolution(x, from: 3, to: 2), name: "y")
    network.output(network.flatten(x), name: "flat")
    let graph = try applying(passes, to: network)
    XCTAssertEqual(graph.operations, ["unary", "transpose", "convolution", "reshape", "transpose"])
  }

  func testInputsAreTransposedOnce() throws {
    var network = TestNetwork()
    let x = network.input([nil, 3, 6, 6])
    let branches = (0..<3).map { _ in network.convolution(x, from: 3, to: 2) }
    network.output(network.concatenation(branches + [x], axis: 1), name: "y")
    let graph = try applying(passes, to: network)
    XCTAssertEqual(graph.count("transpose"), 2)
  }

  // MARK: Quantizations

  /// Images of int8 in channels-last order, of which each channel has a scale.
  private func quantizedImages(
    _ body: (inout TestNetwork, Value) -> Value, _ quantize: (inout Graph, _ image: Value, _ output: Value) -> Void
  ) throws -> Graph {
    var network = TestNetwork()
    let x = network.graph.addInput(name: "x", type: .int8, dims: [nil, 3, 4, 5])
    network.graph.quantizations[x] = channels(1)
    let image = network.transpose(x, [0, 2, 3, 1])
    let y = body(&network, image)
    network.output(y, name: "y")
    quantize(&network.graph, image, y)
    var graph = network.graph
    for pass in passes { try pass.run(&graph) }
    XCTAssertEqual(graph.quantizations[x], channels(1))
    XCTAssertEqual(graph.quantizations[y], network.graph.quantizations[y])
    XCTAssertNoThrow(try graph.encoded())
    return graph
  }

  private func channels(_ axis: Int, first: Float = 1) -> Quantization {
    Quantization(scales: [first, 2, 3], zeroPoints: [-1, 0, 1], axis: axis)
  }

  func testAxesOfQuantizationsTurn() throws {
    var rows: Value?
    let graph = try quantizedImages(
      { network, image in
        rows = network.slice(image, axis: 1, from: 0, to: 2)
        return network.slice(network.transpose(rows!, [0, 3, 1, 2]), axis: 3, from: 1, to: 4)
      }
    ) { graph, image, y in
      graph.quantizations[image] = channels(3)
      graph.quantizations[rows!] = channels(3, first: 9)
      graph.quantizations[graph.nodes[2].output] = channels(1, first: 9)
      graph.quantizations[y] = channels(1, first: 5)
    }
    XCTAssertEqual(graph.operations, ["slice", "slice"])
    XCTAssertEqual(graph.quantizations[graph.nodes[0].output], channels(1, first: 9))
    XCTAssertEqual(graph.quantizations.count, 3)
  }

  /// What is carried out again has the quantization of what it shows.
  func testTransposesThatStayHaveQuantizations() throws {
    let graph = try quantizedImages({ network, image in network.slice(image, axis: 1, from: 0, to: 2) }) {
      $0.quantizations[$1] = channels(3)
      $0.quantizations[$2] = channels(3)
    }
    XCTAssertEqual(graph.operations.sorted(), ["slice", "transpose"])
    for node in graph.nodes {
      let axis = node.output == graph.outputs[0] || graph.operations[0] == "transpose" ? 3 : 1
      XCTAssertEqual(graph.quantizations[node.output], channels(axis))
    }
  }

  /// A transpose that says other numbers of its output than of its input is not one that can be left out.
  func testTransposesToOtherQuantizations() throws {
    for quantization in [nil, channels(3, first: 7), Quantization(scale: 1)] {
      let graph = try quantizedImages({ network, image in network.transpose(image, [0, 3, 1, 2]) }) {
        $0.quantizations[$1] = quantization
        $0.quantizations[$2] = channels(1)
      }
      XCTAssertEqual(graph.operations, ["transpose", "transpose"])
      XCTAssertEqual(graph.quantizations[graph.nodes[0].output], quantization)
    }
  }
}
