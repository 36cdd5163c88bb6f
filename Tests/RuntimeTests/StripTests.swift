import CPrefactor
import Foundation
import KernelContract
import PrefactorEngine
import PrefactorGraph
import PrefactorModelFormat
import PrefactorTestSupport
import XCTest

@testable import PrefactorRuntime

/// Chains of convolutions computed strip by strip.
final class StripTests: XCTestCase {
  override func tearDown() {
    unsetenv("PREFACTOR_ISA")
    unsetenv("PREFACTOR_ALGORITHM")
  }

  func testStripsGiveTheSameBits() throws {
    for (name, graph) in FactoredChain.all.map({ ($0, $1.graph) }) {
      for set in KernelSet.all where set.isAvailable {
        setenv("PREFACTOR_ISA", set.description, 1)
        try check(graph, "\(name), \(set)")
      }
    }
  }

  func testTilesThatStripsDoNotCut() throws {
    for code in 1..<UInt32(PF_ALGORITHM_COUNT) {
      let algorithm = pf_algorithm(rawValue: code).name.description
      setenv("PREFACTOR_ALGORITHM", algorithm, 1)
      for (name, chain) in FactoredChain.all where chain.size > 10 { try check(chain.graph, "\(name), \(algorithm)") }
    }
  }

  private func check(_ graph: Graph, _ name: String) throws {
    let expected = try graph.outputs(with(SessionOptions()) { $0.stripRows = 0 })
    for rows in [1, 2, 3, 7, 100] {
      for threads in 1...3 {
        let options = with(SessionOptions()) {
          ($0.stripRows, $0.threads, $0.alwaysWakesThreads) = (rows, threads, true)
        }
        XCTAssertEqual(try graph.outputs(options), expected, "\(name), strips of \(rows), \(threads) threads")
      }
    }
  }

  /// However many factors there are.
  func testLongChains() throws {
    var graph = Graph()
    var value = graph.addInput(name: "x", dims: [1, 32, 32, 8])
    let weights = graph.addConstant(.random([8, 1, 1, 8], seed: 1, in: -0.3...0.3))
    for index in 0..<4000 { value = graph.addNode(.convolution(Convolution()), [value, weights], name: "\(index)") }
    graph.names[value] = "y"
    graph.outputs = [value]
    XCTAssertEqual(try graph.outputs(SessionOptions()), try graph.outputs(with(SessionOptions()) { $0.stripRows = 0 }))
  }

  func testStripsOfHalfWeights() throws {
    for (name, chain) in FactoredChain.all.prefix(3) {
      var graph = chain.graph
      try graph.roundWeights()
      try check(graph, "\(name), half weights")
    }
  }

  /// With residuals, and among the channels of larger images.
  func testRandomNetworksGiveTheSameBits() throws {
    for seed in 0..<300 {
      let graph = RandomNetwork(seed: UInt64(seed)).graph
      for isImageByImage in [false, true] {
        let expected = try graph.outputs(
          with(SessionOptions()) { ($0.stripRows, $0.runsImageByImage) = (0, isImageByImage) })
        for rows in 1...3 {
          let options = with(SessionOptions()) { ($0.stripRows, $0.runsImageByImage) = (rows, isImageByImage) }
          XCTAssertEqual(try graph.outputs(options), expected, "random network \(seed), strips of \(rows)")
        }
      }
    }
  }

  /// Each step has the time of all its strips, and of one run.
  func testTimesOfSteps() throws {
    let chain = FactoredChain(kernels: [(1, 1), (3, 3), (1, 1)], channels: [8, 16, 16, 8], size: 60)
    try chain.graph.withSession(with(SessionOptions()) { ($0.stripRows, $0.isProfiling) = (4, true) }) { session in
      for _ in 0..<3 {
        let start = ContinuousClock.now
        try session.pointee.run(inputs: nil, outputs: nil)
        let wall = ContinuousClock.now - start
        let times = (0..<session.pointee.stepCount).map { session.pointee.step($0).nanoseconds }
        XCTAssertEqual(times.count, 3)
        XCTAssertGreaterThan(times.min()!, 0)
        XCTAssertLessThanOrEqual(Duration.nanoseconds(times.reduce(0, +)), wall)
      }
    }
  }

  /// What lies between steps is a strip, where the whole would not stay in a cache.
  func testLargeImagesAreComputedInStrips() throws {
    for (size, isLarge) in [(64, false), (1024, true)] {
      let graph = FactoredChain(kernels: [(3, 1), (1, 3)], channels: [1, 32, 1], size: size).graph
      func live(_ change: (inout SessionOptions) -> Void) throws -> Int {
        try graph.withSession(with(SessionOptions(), change)) { $0.pointee.valueBytes.live }
      }
      let whole = try live { $0.stripRows = 0 }
      XCTAssertGreaterThan(whole, 32 * 4 * size * size)
      XCTAssertEqual(try live { _ in } < whole / 8, isLarge)
      XCTAssertEqual(try live { $0.savesMemory = true }, whole)
    }
  }
}

/// Convolutions one after the other, with bias and clamp at the end.
private struct FactoredChain {
  var kernels: [(Int32, Int32)]
  var channels: [Int]
  /// The step of this number has a channel a group.
  var depthwise = -1
  /// Of the other steps.
  var groups = 1
  var size = 23, batch = 1
  var stride: Int32 = 1, dilation: Int32 = 1, pad: Int32 = 1
  var automaticPadding = Window.Padding.explicit

  static let all: [(String, FactoredChain)] = [
    ("tucker2", FactoredChain(kernels: [(1, 1), (3, 3), (1, 1)], channels: [5, 12, 33, 40])),
    (
      "tucker2 of batches",
      FactoredChain(kernels: [(1, 1), (5, 5), (1, 1)], channels: [8, 16, 4, 20], batch: 3, pad: 2)
    ),
    (
      "tucker2 with a stride",
      FactoredChain(
        kernels: [(1, 1), (5, 5), (1, 1)], channels: [3, 16, 17, 6], size: 22, batch: 3, stride: 2, pad: 0)
    ),
    (
      "tucker2 with dilation",
      FactoredChain(kernels: [(1, 1), (3, 3), (1, 1)], channels: [4, 9, 8, 7], dilation: 2, pad: 2)
    ),
    ("spatial", FactoredChain(kernels: [(3, 1), (1, 3)], channels: [7, 20, 33])),
    ("spatial of five", FactoredChain(kernels: [(5, 1), (1, 5)], channels: [16, 8, 33], size: 31, batch: 3, pad: 0)),
    (
      "spatial with a stride",
      FactoredChain(kernels: [(7, 1), (1, 7)], channels: [3, 12, 40], size: 40, batch: 2, stride: 3, pad: 3)
    ),
    ("cp", FactoredChain(kernels: [(1, 1), (5, 5), (1, 1)], channels: [6, 20, 20, 33], depthwise: 1, pad: 2)),
    (
      "cp with a stride",
      FactoredChain(
        kernels: [(1, 1), (3, 3), (1, 1)], channels: [6, 40, 40, 9], depthwise: 1, size: 9, batch: 3, stride: 2)
    ),
    (
      "stride beyond the kernel",
      FactoredChain(kernels: [(1, 1), (1, 1), (3, 3)], channels: [5, 8, 9, 10], size: 17, stride: 2, pad: 2)
    ),
    (
      "channel",
      FactoredChain(
        kernels: [(3, 3), (1, 1)], channels: [8, 12, 36], batch: 2, automaticPadding: Window.Padding.sameLower)
    ),
    ("layers", FactoredChain(kernels: [(3, 3), (3, 3), (3, 3), (5, 5)], channels: [4, 32, 32, 8, 4], size: 29)),
    (
      "groups",
      FactoredChain(kernels: [(1, 1), (3, 3), (1, 1)], channels: [64, 64, 128, 64], groups: 16, size: 21, batch: 2)
    ),
    ("merged groups", FactoredChain(kernels: [(3, 3), (5, 5)], channels: [128, 128, 128], groups: 32, size: 17)),
    (
      "more padding than image",
      FactoredChain(kernels: [(3, 3), (5, 5)], channels: [4, 8, 8], size: 3, dilation: 2, pad: 8)
    ),
  ]

  var graph: Graph {
    var graph = Graph()
    var value = graph.addInput(name: "x", dims: [batch, size, size, channels[0]])
    for (index, kernel) in kernels.enumerated() {
      let isDepthwise = index == depthwise
      let isLast = index == kernels.count - 1
      // The window that has the layer's stride and pads, as methods give them to factors.
      let isWide = kernel.1 > 1 || (index == 1 && kernel == (1, 1))
      let isHigh = kernel.0 > 1 || (index == 1 && kernel == (1, 1))
      let convolution = with(Convolution()) {
        ($0.window.kernelHeight, $0.window.kernelWidth) = kernel
        if isHigh { ($0.window.strideHeight, $0.window.dilationHeight) = (stride, dilation) }
        if isWide { ($0.window.strideWidth, $0.window.dilationWidth) = (stride, dilation) }
        if kernel.0 > 1 { ($0.window.padTop, $0.window.padBottom) = (pad, max(0, pad - 1)) }
        if kernel.1 > 1 { ($0.window.padLeft, $0.window.padRight) = (pad, pad) }
        $0.window.automaticPadding = automaticPadding
        $0.groups = Int32(isDepthwise ? channels[index] : groups)
        if isLast { $0.clamp = .relu }
      }
      let weights = graph.addConstant(
        .random(
          [channels[index + 1], Int(kernel.0), Int(kernel.1), isDepthwise ? 1 : channels[index] / groups],
          seed: UInt64(index), in: -1...1))
      let bias = isLast ? graph.addConstant(.random([channels[index + 1]], seed: 9)) : nil
      value = graph.addNode(.convolution(convolution), [value, weights, bias], name: "factor \(index)")
    }
    graph.names[value] = "y"
    graph.outputs = [value]
    return graph
  }
}
