import CPrefactor
import Foundation
import KernelContract
import PrefactorEngine
import PrefactorGraph
import PrefactorModelFormat
import PrefactorTestSupport
import XCTest

@testable import PrefactorRuntime

/// The ways to compute a convolution, and the forms of its weights.
final class AlgorithmTests: XCTestCase {
  private let variable = "PREFACTOR_ALGORITHM"

  override func tearDown() { unsetenv(variable) }

  func testEveryAlgorithmComputesTheNetwork() throws {
    let network = Windows()
    let expected = try network.run()
    for code in 0..<UInt32(PF_ALGORITHM_COUNT) {
      let name = pf_algorithm(rawValue: code).name.description
      setenv(variable, name, 1)
      for threads in [1, 2] {
        let result = try network.run(threads: threads)
        XCTAssertEqual(result.kernels.contains(name), result.isa != "scalar" || code == 0, "\(name) on \(result.isa)")
        XCTAssert(areClose(result.output, expected.output), name)
      }
    }
    setenv(variable, "guess", 1)
    XCTAssertThrowsError(try network.run()) { XCTAssertEqual(($0 as? EngineError)?.status, PF_ERROR_UNSUPPORTED) }
  }

  /// docs/convolution.md: the root of the mean squared error is at most 10⁻⁵ of that of the outputs; tiles that would
  /// go beyond are refused.
  func testErrorsStayWithinTheirBound() throws {
    for (algorithm, kernel, channels) in [
      (PF_WINOGRAD_2X2_3X3, (3, 3), 1024), (PF_WINOGRAD_3X3_3X3, (3, 3), 1024), (PF_WINOGRAD_4X4_3X3, (3, 3), 1024),
      (PF_WINOGRAD_6X6_3X3, (3, 3), 640),
      (PF_WINOGRAD_2X2_5X5, (5, 5), 1024), (PF_WINOGRAD_4X4_5X5, (5, 5), 768), (PF_FFT_16X16, (9, 9), 256),
      (PF_WINOGRAD_6_3, (3, 1), 1024),
      (PF_WINOGRAD_4_5, (1, 5), 1024),
    ] {
      let name = algorithm.name.description
      let layer = Windows(size: 14, channels: [channels, 32], kernels: [kernel])
      setenv(variable, name, 1)
      let result = try layer.run()
      if result.isa == "scalar" { return }
      XCTAssertEqual(result.kernels, [name])
      setenv("PREFACTOR_ISA", "scalar", 1)
      let truth = try layer.run().output
      unsetenv("PREFACTOR_ISA")
      let squares = zip(result.output, truth).reduce(0) { $0 + pow(Double($1.0) - Double($1.1), 2) }
      let norm = truth.reduce(0) { $0 + pow(Double($1), 2) }
      XCTAssertLessThan((squares / norm).squareRoot(), 1e-5, name)
      XCTAssertGreaterThan(squares, 0, "\(name) is compared with itself")
    }
    for (algorithm, kernel, channels) in [(PF_WINOGRAD_6X6_3X3, (3, 3), 641), (PF_WINOGRAD_4X4_5X5, (5, 5), 769)] {
      setenv(variable, algorithm.name.description, 1)
      XCTAssertEqual(try Windows(size: 14, channels: [channels, 32], kernels: [kernel]).run().kernels, ["direct"])
    }
  }

  func testLowMemoryKeepsWeightsAsTheyAre() throws {
    let network = Windows()
    let usual = try network.run()
    let small = try network.run(lowMemory: true)
    XCTAssertEqual(Set(small.kernels), ["direct"])
    if usual.isa != "scalar" {
      XCTAssertNotEqual(Set(usual.kernels), ["direct"], "no layer is large enough for this test")
    }
    XCTAssert(areClose(small.output, usual.output))
  }

  /// Stored weights are what a session would make of the others, but for rounding. They serve where there is no memory
  /// for those.
  func testWeightsStoredForATarget() throws {
    let network = Windows()
    let targets = Target.all
    for target in targets.indices.map({ targets[$0] }) {
      let bytes = try network.graph.encoded(for: target)
      let decoded = try Graph(decoding: bytes)
      XCTAssert(try decoded.encoded() == network.graph.encoded(), "\(target.name)")
      XCTAssert(try areClose(network.run(bytes).output, network.run().output), "\(target.name)")
      let small = try network.run(bytes, lowMemory: true)
      let hasStored = try bytes.count > network.graph.encoded().count
      XCTAssertEqual(Set(small.kernels) != ["direct"], hasStored && small.isa != "scalar", "\(target.name)")
    }
  }

  /// The same network gives the same bytes, whatever the processor, and whatever kernels the environment names.
  func testStoredWeightsDependOnNoInstructionSet() throws {
    let variable = "PREFACTOR_ISA"
    defer { unsetenv(variable) }
    let graph = Windows(size: 14, channels: [64, 64], kernels: [(3, 3)]).graph
    let expected = try graph.encoded(for: .x86_64_v4)
    XCTAssertGreaterThan(expected.count, try 2 * graph.encoded().count, "no weights are transformed")
    for set in KernelSet.all where set.isAvailable {
      setenv(variable, set.description, 1)
      XCTAssert(try graph.encoded(for: .x86_64_v4) == expected, set.description)
    }
  }

  func testEmptyVariablesAreUnset() throws {
    let usual = try Windows().run()
    setenv("PREFACTOR_ISA", "", 1)
    setenv(variable, "", 1)
    defer { unsetenv("PREFACTOR_ISA") }
    XCTAssertEqual(try Windows().run().isa, usual.isa)
  }

  /// Groups are merged to fill registers, and no wider.
  func testNarrowGroupsAreMerged() {
    func merged(_ target: Target, groups: Int32, channels: Int32, filters: Int32, kernel: Int32 = 3, stride: Int32 = 1)
      -> Int32
    {
      var convolution = layer(size: 56, channels: channels, filters: filters, kernel: kernel, stride: stride)
      convolution.groups = groups
      return AlgorithmEstimate(target).fastest(for: convolution).mergedGroups
    }
    XCTAssertEqual(merged(.x86_64_v4, groups: 48, channels: 2, filters: 6, kernel: 1), 8)
    XCTAssertEqual(merged(.x86_64_v4, groups: 32, channels: 4, filters: 4), 4)
    XCTAssertEqual(merged(.x86_64_v4, groups: 32, channels: 8, filters: 8), 2)
    XCTAssertEqual(merged(.x86_64_v3, groups: 32, channels: 4, filters: 4), 2)
    let targets = Target.all
    for target in targets.indices.map({ targets[$0] }) {
      XCTAssertEqual(merged(target, groups: 8, channels: 32, filters: 32), 1)
      XCTAssertEqual(merged(target, groups: 4, channels: 24, filters: 24, kernel: 5, stride: 2), 1)
      XCTAssertEqual(merged(target, groups: 1, channels: 3, filters: 5), 1)
    }
  }

  /// Tiles pay with a dilation too, but not where most taps are in the padding: direct ones pass over those.
  func testTilesOfDilatedConvolutions() {
    let targets = Target.all
    for target in targets.indices.map({ targets[$0] }) {
      func algorithm(size: Int32, dilation: Int32) -> pf_algorithm {
        AlgorithmEstimate(target).fastest(
          for: layer(size: size, channels: 256, filters: 256, dilation: dilation)
        ).algorithm
      }
      XCTAssertNotEqual(algorithm(size: 56, dilation: 2), PF_DIRECT, "\(target.name)")
      XCTAssertNotEqual(algorithm(size: 33, dilation: 6), PF_DIRECT, "\(target.name)")
      XCTAssertEqual(algorithm(size: 33, dilation: 24), PF_DIRECT, "\(target.name)")
    }
  }

  /// A kernel of one tap has no gaps, whatever dilation the file gives it.
  func testGapsOfOneTap() throws {
    setenv(variable, "winograd-6-3", 1)
    for kernel in [(1, 3), (3, 1)] {
      let layer = Windows(size: 14, channels: [40, 40], kernels: [kernel])
      guard case .convolution(var convolution) = layer.graph.nodes[0].operation else {
        return XCTFail("no convolution")
      }
      if kernel.0 == 1 { convolution.window.dilationHeight = .max } else { convolution.window.dilationWidth = .max }
      var wide = layer
      wide.graph.nodes[0].operation = .convolution(convolution)
      let window = convolution.window
      let seen = window.kernelWindow(window.geometry(over: Shape([1, 14, 14, 40])))
      XCTAssertEqual([seen.dilation_height, seen.dilation_width], [1, 1])
      let result = try wide.run()
      XCTAssertEqual(result.kernels.contains("winograd-6-3"), result.isa != "scalar")
      XCTAssertEqual(result.output, try layer.run().output)
    }
  }

  private func layer(
    size: Int32, channels: Int32, filters: Int32, kernel: Int32 = 3, stride: Int32 = 1, dilation: Int32 = 1
  ) -> pf_convolution {
    var convolution = pf_convolution()
    convolution.window = pf_window(
      kernel_height: kernel, kernel_width: kernel, stride_height: stride, stride_width: stride,
      dilation_height: dilation,
      dilation_width: dilation, pad_top: kernel / 2 * dilation, pad_left: kernel / 2 * dilation)
    convolution.images = 1
    (convolution.input_height, convolution.input_width) = (size, size)
    (convolution.output_height, convolution.output_width) = (size / stride, size / stride)
    (convolution.groups, convolution.group_input_channels, convolution.group_output_channels) = (1, channels, filters)
    return convolution
  }

  /// Weights that are half-precision numbers give the same bits whatever they are stored as.
  func testHalfPrecision() throws {
    var graphs = TestGraph.ofTensors
    graphs.append(("windows", Windows().graph))
    for (name, graph) in graphs {
      var rounded = graph
      try rounded.roundWeights()
      var whole = rounded
      whole.weightsType = .float32
      let halves = try rounded.encoded()
      let floats = try whole.encoded()
      XCTAssertLessThanOrEqual(halves.count, floats.count, name)
      XCTAssert(try Graph(decoding: halves).encoded() == halves, name)
      let engine = try Engine(bytes: halves)
      let reference = try Engine(bytes: floats)
      for seed in 0..<2 {
        let inputs = engine.randomInputs(seed: UInt64(seed))
        XCTAssert(try engine.run(inputs) == reference.run(inputs), name)
      }
    }
  }

  func testWeightsBeyondHalfPrecisionAreRefused() throws {
    var graph = Graph()
    let x = graph.addInput(name: "x", dims: [1, 2])
    graph.outputs = [
      graph.addNode(
        .fullyConnected(FullyConnected()), [x, graph.addConstant(Tensor([1, 2], [1, 7e4]))], name: "large")
    ]
    XCTAssertThrowsError(try graph.roundWeights()) { error in
      for part in ["'large'", "70000", "65504"] { XCTAssert("\(error)".contains(part), "\(error)") }
    }
  }

  private func areClose(_ result: [Float], _ expected: [Float]) -> Bool {
    let scale = expected.reduce(0) { max($0, abs($1)) }
    return zip(result, expected).allSatisfy { abs($0 - $1) <= 1e-3 * scale }
  }
}
