import CPrefactor
import PrefactorGraph
import PrefactorModelFormat
import PrefactorTestSupport
import XCTest

@testable import PrefactorEngine

/// Weights that are written into an opened model.
final class WrittenWeightsTests: XCTestCase {
  func testTheBitsAreThoseOfTheChangedGraph() throws {
    for (name, graph) in try graphs() {
      for lowMemory in [false, true] {
        var options = EngineOptions()
        (options.threads, options.lowMemory) = (2, lowMemory)
        let engine = try Engine(graph: graph, options: options)
        let inputs = engine.randomInputs(seed: 3)
        let before = try engine.run(inputs)
        var changed = graph
        for (value, constant) in graph.constants where constant.type == .float32 {
          changed.constants[value] = .random(constant.dims, seed: value.index, in: 0.1...2)
          try engine.write(changed.constants[value]!.floats, to: value)
        }
        let after = try engine.run(inputs)
        XCTAssert(try bits(after) == bits(Engine(graph: changed, options: options).run(inputs)), name)
        XCTAssert(bits(after) != bits(before), name)
        try assertHolds(engine, changed, name)
      }
    }
  }

  /// The opened file, in its place, is that of the changed graph but for the checksums, which tell that it has not been
  /// encoded once more.
  private func assertHolds(_ engine: Engine, _ graph: Graph, _ name: String) throws {
    let encoded = try graph.encoded()
    let file = UnsafeRawBufferPointer(start: engine.bytes, count: encoded.count)
    let tables = ModelBytes.entry(SectionKind.count(version: Layout.unquantizedVersion))
    XCTAssert(file.dropFirst(tables).elementsEqual(encoded.dropFirst(tables)), name)
    XCTAssertFalse(file.elementsEqual(encoded), name)
  }

  func testRefusalsChangeNothing() throws {
    let graph = layers
    let (weights, order) = (graph.nodes[0].inputs[1]!, graph.nodes[1].inputs[1]!)
    let engine = try Engine(graph: graph)
    let inputs = engine.randomInputs(seed: 3)
    let before = try engine.run(inputs)
    let floats = [Float](repeating: 1, count: graph.constants[weights]!.count)
    assertRefused(PF_ERROR_SHAPE) { try engine.write(Array(floats.dropLast()), to: weights) }
    assertRefused(PF_ERROR_SHAPE) { try engine.write([Float](repeating: 0, count: 128), to: order) }
    assertRefused(PF_ERROR_INVALID_ARGUMENT) { try engine.write(floats, to: graph.inputs[0].value) }
    assertRefused(PF_ERROR_INVALID_ARGUMENT) { try Engine(bytes: graph.encoded()).write(floats, to: weights) }
    XCTAssertEqual(try engine.run(inputs), before)
  }

  func testDevicesRefuse() throws {
    try XCTSkipIf(try OpenCLDevice.all().isEmpty, "there is no OpenCL device")
    let graph = layers
    let engine = try Engine(graph: graph, options: .onDevice)
    assertRefused(PF_ERROR_UNSUPPORTED) {
      try engine.write(graph.constant(graph.nodes[0], 1)!.floats, to: graph.nodes[0].inputs[1]!)
    }
  }

  private func assertRefused(_ status: pf_status, line: UInt = #line, _ body: () throws -> Void) {
    XCTAssertThrowsError(try body(), line: line) { XCTAssertEqual(($0 as? EngineError)?.status, status, line: line) }
  }

  private func bits(_ tensors: [Tensor]) -> [[Int64]] {
    tensors.map { tensor in
      switch tensor.numbers {
      case .floats(let floats): floats.map { Int64($0.bitPattern) }
      case .integers(let integers): integers
      }
    }
  }

  // MARK: Networks

  /// Those that have weights.
  private func graphs() throws -> [(name: String, graph: Graph)] {
    let kept = TestGraph.all.filter { $0.graph.constants.values.contains { $0.type == .float32 } }
    let others = [("windows", Windows().graph), ("layers", layers)]
    let halves = try others.map { name, graph in
      var graph = graph
      try graph.roundWeights()
      return ("\(name) of half precision", graph)
    }
    // Without weights in another form there would be nothing to prepare again.
    let engine = try Engine(graph: others[0].1)
    XCTAssert(engine.isa == "scalar" || Set(engine.steps.map(\.kernel)) != ["direct"])
    return kept + others + halves
  }

  /// Groups that are merged, an order of channels, a depthwise convolution, and a fully-connected layer whose weights
  /// are added to its scores: they lie in the file twice, in panels and as they are.
  private var layers: Graph {
    var graph = Graph()
    func weights(_ dims: Int..., seed: Int) -> Value { graph.addConstant(.random(dims, seed: seed)) }
    let window = with(Window()) {
      ($0.kernelHeight, $0.kernelWidth, $0.padTop, $0.padLeft, $0.padBottom, $0.padRight) = (3, 3, 1, 1, 1, 1)
    }
    func convolution(_ groups: Int32) -> Operation {
      .convolution(with(Convolution()) { ($0.window, $0.groups) = (window, groups) })
    }
    var value = graph.addInput(name: "x", dims: [2, 14, 14, 128])
    value = graph.addNode(
      convolution(32), [value, weights(128, 3, 3, 4, seed: 1), weights(128, seed: 2)], name: "grouped")
    let order = graph.addConstant(Tensor([128], (0..<128).map { Int64($0 * 5 % 128) }))
    value = graph.addNode(.gather(with(Gather()) { $0.axis = 3 }), [value, order], name: "ordered")
    value = graph.addNode(convolution(128), [value, weights(128, 3, 3, 1, seed: 3)], name: "depthwise")
    value = graph.addNode(
      .reshape(with(Reshape()) { ($0.rank, $0.dims) = (2, perAxis(-1, 128)) }), [value], name: "flat")
    let shared = weights(1, 128, seed: 4)
    value = graph.addNode(.binary(Binary(.add)), [value, shared], name: "sum")
    graph.outputs = [graph.addNode(.fullyConnected(FullyConnected()), [value, shared], name: "scores")]
    graph.names[graph.outputs[0]] = "y"
    return graph
  }
}
