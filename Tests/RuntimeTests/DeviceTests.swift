import CPrefactor
import Foundation
import PrefactorEngine
import PrefactorGraph
import PrefactorModelFormat
import PrefactorTestSupport
import XCTest

@testable import PrefactorRuntime

/// What an OpenCL device computes is what the host computes, by the reference kernels, within docs/convolution.md's
/// bound.
final class DeviceTests: XCTestCase {
  override func setUpWithError() throws {
    let devices = (try? OpenCLDevice.all()) ?? []
    try XCTSkipIf(devices.isEmpty, "there is no OpenCL device")
  }

  override func tearDown() {
    unsetenv("PREFACTOR_ALGORITHM")
    unsetenv("PREFACTOR_ISA")
  }

  private func onDevice(
    _ graph: Graph, lowMemory: Bool = false, algorithm: String? = nil, halfPrecision: Bool = false
  ) throws -> (outputs: [Tensor], kernels: [String]) {
    if let algorithm { setenv("PREFACTOR_ALGORITHM", algorithm, 1) }
    defer { unsetenv("PREFACTOR_ALGORITHM") }
    var options = EngineOptions.onDevice
    options.lowMemory = lowMemory
    options.halfPrecision = halfPrecision
    let engine = try Engine(graph: graph, options: options)
    return (try engine.run(engine.randomInputs(seed: 1)), engine.steps.map(\.kernel))
  }

  private func byReference(_ graph: Graph) throws -> [Tensor] {
    setenv("PREFACTOR_ISA", "scalar", 1)
    defer { unsetenv("PREFACTOR_ISA") }
    let engine = try Engine(graph: graph)
    return try engine.run(engine.randomInputs(seed: 1))
  }

  /// The root of the mean squared error is at most `bound` of that of the outputs, and no output's error is beyond a
  /// hundred times that.
  private func check(
    _ outputs: [Tensor], _ expected: [Tensor], _ name: String, bound: Double = 1e-5, line: UInt = #line
  ) {
    XCTAssertEqual(outputs.count, expected.count, name, line: line)
    for (output, truth) in zip(outputs, expected) {
      XCTAssertEqual(output.dims, truth.dims, name, line: line)
      let count = Double(max(truth.floats.count, 1))
      let scale = (truth.floats.reduce(0) { $0 + pow(Double($1), 2) } / count).squareRoot()
      let errors = zip(output.floats, truth.floats).map { Double($0) - Double($1) }
      let error = (errors.reduce(0) { $0 + $1 * $1 } / count).squareRoot()
      XCTAssertLessThanOrEqual(error, bound * scale, name, line: line)
      XCTAssertLessThanOrEqual(errors.reduce(0) { max($0, abs($1)) }, 100 * bound * scale, name, line: line)
    }
  }

  // MARK: Convolutions

  private struct Layer {
    var size = (11, 13), channels = 16, filters = 16
    var kernel: (Int32, Int32) = (3, 3), stride: (Int32, Int32) = (1, 1), dilation: (Int32, Int32) = (1, 1)
    /// Before and behind.
    var pads: (Int32, Int32) = (1, 1)
    var groups = 1
    var batch = 3
    var isPlain = false, isHalf = false

    var graph: Graph {
      get throws {
        var graph = Graph()
        let image = graph.addInput(name: "x", dims: [batch, size.0, size.1, channels])
        var convolution = Convolution()
        convolution.groups = Int32(groups)
        (convolution.window.kernelHeight, convolution.window.kernelWidth) = kernel
        (convolution.window.strideHeight, convolution.window.strideWidth) = stride
        (convolution.window.dilationHeight, convolution.window.dilationWidth) = dilation
        (convolution.window.padTop, convolution.window.padBottom) = kernel.0 > 1 ? pads : (0, 0)
        (convolution.window.padLeft, convolution.window.padRight) = kernel.1 > 1 ? pads : (0, 0)
        func random(_ dims: [Int], seed: Int) -> Tensor { .random(dims, seed: seed, in: -1...1) }
        func length(_ size: Int, _ kernel: Int32, _ stride: Int32, _ dilation: Int32) -> Int {
          (size + (kernel > 1 ? Int(pads.0 + pads.1) : 0) - Int(dilation) * Int(kernel - 1) - 1) / Int(stride) + 1
        }
        let output = [
          batch, length(size.0, kernel.0, stride.0, dilation.0), length(size.1, kernel.1, stride.1, dilation.1),
          filters,
        ]
        let weights = graph.addConstant(random([filters, Int(kernel.0), Int(kernel.1), channels / groups], seed: 2))
        var inputs: [Value?] = [image, weights]
        if !isPlain {
          convolution.clamp = Clamp(low: -1, high: 2)
          inputs += [graph.addConstant(random([filters], seed: 3)), graph.addInput(name: "residual", dims: output)]
        }
        graph.outputs = [graph.addNode(.convolution(convolution), inputs, name: "layer")]
        graph.names[graph.outputs[0]] = "y"
        if isHalf { try graph.roundWeights() }
        return graph
      }
    }
  }

  private func check(_ layer: Layer, algorithm: String? = nil, line: UInt = #line) throws {
    for isHalf in [false, true] {
      var layer = layer
      layer.isHalf = isHalf
      let graph = try layer.graph
      let result = try onDevice(graph, algorithm: algorithm)
      if let algorithm { XCTAssertEqual(result.kernels, [algorithm], line: line) }
      check(result.outputs, try byReference(graph), "\(layer), \(algorithm ?? "")", line: line)
    }
  }

  func testTiles() throws {
    for (name, kernel) in [
      ("winograd-2x2-3x3", (3, 3)), ("winograd-4x4-3x3", (3, 3)), ("winograd-4x4-5x5", (5, 5)),
      ("winograd-6-3", (3, 1)), ("winograd-6-3", (1, 3)),
      ("winograd-4-5", (5, 1)), ("winograd-4-5", (1, 5)),
    ] as [(String, (Int32, Int32))] {
      try check(Layer(kernel: kernel), algorithm: name)
      try check(
        Layer(size: (9, 6), channels: 20, filters: 37, kernel: kernel, pads: (2, 0), isPlain: true), algorithm: name)
      try check(Layer(size: (8, 8), channels: 36, filters: 6, kernel: kernel, groups: 2), algorithm: name)
      // Of fewer outputs than a tile has.
      try check(Layer(size: (5, 5), channels: 3, filters: 2, kernel: kernel, pads: (0, 0), batch: 1), algorithm: name)
    }
  }

  func testProducts() throws {
    let layers = [
      Layer(channels: 40, filters: 50, kernel: (1, 1)), Layer(channels: 7, filters: 1, kernel: (1, 1), isPlain: true),
      Layer(channels: 24, filters: 33, kernel: (1, 1), stride: (2, 2)),
      Layer(channels: 5, filters: 67, kernel: (3, 2), stride: (2, 1)),
      Layer(channels: 20, filters: 20, dilation: (2, 3)), Layer(channels: 36, filters: 54, groups: 3),
      Layer(channels: 64, filters: 64, groups: 32),
      Layer(size: (1, 1), channels: 300, filters: 70, kernel: (1, 1)),
      Layer(channels: 12, filters: 70, kernel: (7, 1), pads: (3, 3)),
      Layer(size: (4, 4), channels: 33, filters: 34, pads: (3, 1)),
    ]
    for layer in layers { try check(layer, algorithm: "direct") }
  }

  /// Whose windows' rows are short.
  func testFewChannels() throws {
    for channels in [1, 2, 3, 4, 6] {
      try check(Layer(size: (23, 21), channels: channels, filters: 40, kernel: (7, 7), stride: (2, 2), pads: (3, 2)))
      try check(Layer(size: (9, 9), channels: channels, filters: 17, pads: (0, 0), isPlain: true))
      try check(Layer(channels: channels, filters: 8, dilation: (1, 2)))
    }
  }

  func testDepthwise() throws {
    for (channels, filters) in [(1, 1), (3, 3), (5, 5), (19, 19), (40, 40), (64, 64), (6, 12), (5, 15)] {
      try checkDepthwise(Layer(channels: channels, filters: filters, groups: channels))
      try checkDepthwise(
        Layer(
          size: (14, 21), channels: channels, filters: filters, kernel: (5, 5), stride: (2, 2), pads: (2, 1),
          groups: channels))
      try checkDepthwise(
        Layer(channels: channels, filters: filters, kernel: (2, 3), dilation: (2, 2), groups: channels, isPlain: true))
    }
  }

  private func checkDepthwise(_ layer: Layer) throws {
    let graph = try layer.graph
    check(try onDevice(graph).outputs, try byReference(graph), "\(layer)")
  }

  func testLowMemoryKeepsWeightsAsTheyAre() throws {
    let graph = try Layer(size: (30, 30), channels: 64, filters: 64, batch: 1).graph
    let usual = try onDevice(graph)
    let small = try onDevice(graph, lowMemory: true)
    XCTAssertNotEqual(usual.kernels, ["direct"], "the layer is not large enough for this test")
    XCTAssertEqual(small.kernels, ["direct"])
    check(usual.outputs, try byReference(graph), "usual")
    check(small.outputs, try byReference(graph), "small")
  }

  func testUnknownAlgorithmIsRefused() throws {
    let graph = try Layer().graph
    XCTAssertThrowsError(try onDevice(graph, algorithm: "guess")) {
      XCTAssertEqual(($0 as? EngineError)?.status, PF_ERROR_UNSUPPORTED)
    }
  }

  // MARK: Networks

  func testGraphs() throws {
    for (name, graph) in TestGraph.ofTensors {
      let expected = try byReference(graph)
      let outputs = try onDevice(graph).outputs
      for (output, truth) in zip(outputs, expected) where truth.type == .int64 { XCTAssert(output == truth, name) }
      check(outputs.filter { $0.type == .float32 }, expected.filter { $0.type == .float32 }, name)
    }
  }

  /// Of values that lie among the channels of larger ones.
  func testRandomNetworks() throws {
    for seed in 0..<24 {
      let graph = RandomNetwork(seed: UInt64(seed)).graph
      check(try onDevice(graph).outputs, try byReference(graph), "seed \(seed)")
    }
  }

  // MARK: Half precision

  /// Each step rounds what it writes, by half precision's 2⁻¹¹ at most; a layer that multiplies halves rounds weights,
  /// products and up to 16 sums.
  private static let roundings =
    ((try? OpenCLDevice.all())?.first { $0.kind == "GPU" }?.multipliesHalves ?? false) ? 19 : 1

  private func checkHalves(_ graph: Graph, _ name: String, line: UInt = #line) throws {
    let expected = try byReference(graph)
    let outputs = try onDevice(graph, halfPrecision: true).outputs
    for (output, truth) in zip(outputs, expected) where truth.type == .int64 {
      XCTAssert(output == truth, name, line: line)
    }
    let bound = Double(graph.nodes.count + Self.roundings) * 0x1p-11
    check(
      outputs.filter { $0.type == .float32 }, expected.filter { $0.type == .float32 }, name, bound: bound, line: line)
  }

  func testHalfPrecision() throws {
    let layers = [
      Layer(), Layer(size: (9, 6), channels: 20, filters: 37, kernel: (1, 1)),
      Layer(channels: 36, filters: 54, groups: 3),
      Layer(size: (23, 21), channels: 3, filters: 40, kernel: (7, 7), stride: (2, 2), pads: (3, 2)),
      Layer(channels: 40, filters: 40, groups: 40),
      Layer(channels: 64, filters: 64, kernel: (5, 5), isPlain: true),
      Layer(size: (30, 30), channels: 64, filters: 64, isHalf: true),
    ]
    for layer in layers { try checkHalves(layer.graph, "\(layer)") }
    for (name, graph) in TestGraph.ofTensors { try checkHalves(graph, name) }
    for seed in 0..<8 { try checkHalves(RandomNetwork(seed: UInt64(seed)).graph, "seed \(seed)") }
  }

  func testHalfPrecisionTakesHalfTheMemory() throws {
    let graph = try Layer(size: (30, 30), channels: 64, filters: 64).graph
    var options = EngineOptions.onDevice
    let bytes = try Engine(graph: graph, options: options).info.activation_bytes
    options.halfPrecision = true
    let half = try Engine(graph: graph, options: options)
    // The network's ends are floats beside the arena.
    let ends = (half.inputs + half.outputs).reduce(0) { $0 + ($1.dims.reduce(4, *) + 63) & ~63 }
    XCTAssertEqual(half.info.activation_bytes, bytes / 2 + ends)
    let layer = try XCTUnwrap(half.steps.last)
    let whole = try Engine(graph: graph, options: with(options) { $0.halfPrecision = false }).steps.last!
    XCTAssertEqual(whole.bytes - layer.bytes, (half.inputs + half.outputs).reduce(0) { $0 + $1.dims.reduce(2, *) })
  }

  /// An image gives the same bits wherever it is in a batch, although its pixels are in other tiles there.
  func testPlaceInABatchDoesNotMatter() throws {
    for (channels, kernel) in [(3, 7), (5, 3), (24, 3), (40, 1)] as [(Int, Int32)] {
      let graph = try Layer(
        size: (11, 13), channels: channels, filters: 36, kernel: (kernel, kernel), pads: (kernel / 2, kernel / 2),
        isPlain: true
      ).graph
      for halfPrecision in [false, true] {
        var options = EngineOptions.onDevice
        (options.halfPrecision, options.lowMemory) = (halfPrecision, true)
        let engine = try Engine(graph: graph, options: options)
        let image = Tensor.random([1, 11, 13, channels], seed: 9, in: -1...1).floats
        let output = try engine.run([Tensor([3, 11, 13, channels], image + image + image)])[0].floats
        let size = output.count / 3
        for other in 1...2 {
          XCTAssertEqual(
            Array(output[other * size..<(other + 1) * size]), Array(output[..<size]),
            "\(channels) channels, \(halfPrecision)")
        }
      }
    }
  }

  func testSlicesOfConstants() throws {
    var graph = Graph()
    let input = graph.addInput(name: "x", dims: [4, 8])
    let constant = graph.addConstant(.random([4, 16], seed: 3, in: -1...1))
    let slice = graph.addNode(
      .slice(with(Slice()) { ($0.starts[1], $0.ends[1], $0.ends[0]) = (5, 13, 4) }), [constant], name: "slice")
    graph.outputs = [graph.addNode(.binary(Binary(.add)), [input, slice], name: "sum")]
    graph.names[graph.outputs[0]] = "y"
    try checkHalves(graph, "slice")
    check(try onDevice(graph).outputs, try byReference(graph), "slice")
  }

  /// Two layers that share weights, and read them with other places.
  func testWeightsOfSeveralMixtures() throws {
    var graph = Graph()
    let input = graph.addInput(name: "x", dims: [1, 9, 9, 6])
    let weights = graph.addConstant(.random([20, 3, 3, 1], seed: 3, in: -1...1))
    let outputs = (0..<2).map { index in
      let places = graph.addConstant(Tensor([20], (0..<20).map { Int64(($0 * (index + 1) + index) % 6) }))
      let gather = graph.addNode(.gather(with(Gather()) { $0.axis = 3 }), [input, places], name: "gather \(index)")
      var convolution = Convolution()
      convolution.groups = 20
      (convolution.window.kernelHeight, convolution.window.kernelWidth) = (3, 3)
      return graph.addNode(.convolution(convolution), [gather, weights], name: "layer \(index)")
    }
    graph.outputs = outputs
    for (index, output) in outputs.enumerated() { graph.names[output] = "y\(index)" }
    check(try onDevice(graph).outputs, try byReference(graph), "shared weights")
  }

  func testMeansOfInfinities() throws {
    var graph = Graph()
    let input = graph.addInput(name: "x", dims: [1, 40, 1, 3])
    graph.outputs = [graph.addNode(.reduction(with(Reduction(.mean)) { $0.axes = 6 }), [input], name: "mean")]
    graph.names[graph.outputs[0]] = "y"
    let options = EngineOptions.onDevice
    let values = [Float](repeating: .infinity, count: 3) + [Float](repeating: 1, count: 117)
    XCTAssertEqual(
      try Engine(graph: graph, options: options).run([Tensor([1, 40, 1, 3], values)])[0].floats,
      [.infinity, .infinity, .infinity])
  }
}
