import CPrefactor
import PrefactorEngine
import PrefactorGraph
import PrefactorTestSupport
import XCTest

@testable import PrefactorModelFormat
@testable import PrefactorRuntime

/// Depthwise convolutions that pick and mix their channels as they read.
final class FusionTests: XCTestCase {
  private let batch = 3

  override func tearDown() { unsetenv("PREFACTOR_ISA") }

  private struct Chain {
    var inputs = 3, colors = 6, filters = 40
    var kernel: Int32 = 7, stride: Int32 = 2, dilation: Int32 = 1
    var hasBiasOnMixing = false
    var fused = ["fused", "fused", "depthwise"]
  }

  private static let chains = [
    Chain(), Chain(colors: 16, filters: 96), Chain(colors: 24, filters: 33),
    Chain(inputs: 1, colors: 2, filters: 5, kernel: 3, stride: 1),
    Chain(inputs: 3, colors: 4, filters: 12, kernel: 5, stride: 1, dilation: 2),
    Chain(inputs: 4, colors: 40, filters: 50, kernel: 7, stride: 1),
    // Mixed once for all is better.
    Chain(inputs: 3, colors: 8, filters: 20, kernel: 3, stride: 3, fused: ["direct", "fused", "depthwise"]),
    Chain(inputs: 20, colors: 8, filters: 20, kernel: 3, stride: 1, fused: ["direct", "fused", "depthwise"]),
    Chain(hasBiasOnMixing: true, fused: ["direct", "fused", "depthwise"]),
  ]

  func testFusedStepsComputeTheSame() throws {
    for (index, chain) in FusionTests.chains.enumerated() {
      let graph = graph(chain)
      let apart = graph.withAllValuesAsOutputs
      for set in KernelSet.all where set.isAvailable {
        setenv("PREFACTOR_ISA", set.description, 1)
        var options = EngineOptions()
        let engine = try Engine(graph: graph, options: options)
        let other = try Engine(graph: apart, options: options)
        XCTAssertEqual(engine.steps.map(\.kernel), chain.fused, "\(set), chain \(index)")
        XCTAssertFalse(other.steps.contains { $0.kernel == "fused" })
        XCTAssertEqual(engine.steps.reduce(0) { $0 + $1.macs }, other.steps.reduce(0) { $0 + $1.macs })
        XCTAssertEqual(engine.steps.reduce(0) { $0 + ($1.kernel == "fused" ? $1.bytes + $1.macs : 0) }, 0)
        let inputs = engine.randomInputs(seed: 1)
        let (got, want) = (try engine.run(inputs)[0].floats, try other.run(inputs).last!.floats)
        XCTAssertEqual(got.count, want.count)
        // 49 products of sums over 4 inputs of at most 2 have magnitudes of at most 392, and are rounded 53 times.
        let largest = zip(got, want).map { abs($0 - $1) }.max()!
        XCTAssertLessThan(largest, 392 * 53 * 0x1p-24, "\(set), chain \(index)")
        for threads in 2...3 {
          options.threads = threads
          let threaded = try Engine(graph: graph, options: options).run(inputs)[0].floats
          XCTAssert(
            threaded.map(\.bitPattern) == got.map(\.bitPattern), "\(set), chain \(index), \(threads) threads")
        }
      }
    }
  }

  func testFusedStepsComputeTheSameOnADevice() throws {
    let devices = (try? OpenCLDevice.all()) ?? []
    try XCTSkipIf(devices.isEmpty, "there is no OpenCL device")
    for (index, chain) in FusionTests.chains.enumerated() {
      var graph = graph(chain)
      for isHalf in [false, true] {
        if isHalf { try graph.roundWeights() }
        let apart = try Engine(graph: graph.withAllValuesAsOutputs)
        let engine = try Engine(graph: graph, options: .onDevice)
        let inputs = engine.randomInputs(seed: 1)
        let (got, want) = (try engine.run(inputs)[0].floats, try apart.run(inputs).last!.floats)
        let largest = zip(got, want).map { abs($0 - $1) }.max()!
        XCTAssertLessThan(largest, 392 * 53 * 0x1p-24, "chain \(index)")
      }
    }
  }

  private func graph(_ chain: Chain) -> Graph {
    var graph = Graph()
    func weights(_ dims: Int...) -> Value { graph.addConstant(.random(dims, seed: UInt64(dims[0]), in: -1...1)) }
    let image = graph.addInput(name: "x", dims: [batch, 29, 40, chain.inputs])
    let bias = chain.hasBiasOnMixing ? weights(chain.colors) : nil
    let mixed = graph.addNode(
      .convolution(Convolution()), [image, weights(chain.colors, 1, 1, chain.inputs), bias], name: "mixing")
    let places = graph.addConstant(
      Tensor(
        [chain.filters],
        (0..<chain.filters).map { Int64($0 * 5 % chain.colors) - ($0 % 3 == 0 ? Int64(chain.colors) : 0) }))
    let gathered = graph.addNode(.gather(with(Gather()) { $0.axis = 3 }), [mixed, places], name: "gather")
    let depthwise = with(Convolution()) {
      let pad = chain.kernel / 2 * chain.dilation
      ($0.window.kernelHeight, $0.window.kernelWidth, $0.window.strideHeight, $0.window.strideWidth) = (
        chain.kernel, chain.kernel, chain.stride, chain.stride
      )
      ($0.window.dilationHeight, $0.window.dilationWidth) = (chain.dilation, chain.dilation)
      ($0.window.padTop, $0.window.padLeft, $0.window.padBottom, $0.window.padRight) = (pad, pad, pad, pad)
      $0.groups = Int32(chain.filters)
      $0.clamp = .relu
    }
    let kernel = weights(chain.filters, Int(chain.kernel), Int(chain.kernel), 1)
    graph.outputs = [
      graph.addNode(.convolution(depthwise), [gathered, kernel, weights(chain.filters)], name: "window")
    ]
    graph.names[graph.outputs[0]] = "y"
    return graph
  }
}

extension Graph {
  fileprivate var withAllValuesAsOutputs: Graph {
    var result = self
    result.outputs = nodes.map(\.output)
    for (index, output) in result.outputs.enumerated() { result.names[output] = "output \(index)" }
    return result
  }
}
