import CPrefactor
import Foundation
import KernelContract
import PrefactorEngine
import PrefactorGraph
import PrefactorModelFormat
import PrefactorTestSupport
import XCTest

@testable import PrefactorRuntime

/// Floats below 2⁻¹²⁶ are zero for whatever computes with them, in every way to compute it.
final class SubnormalTests: XCTestCase {
  private static let smallest = Float(0x1p-149), largest = Float(0x1.fffffcp-127)

  override func tearDown() {
    unsetenv("PREFACTOR_ISA")
    unsetenv("PREFACTOR_ALGORITHM")
  }

  func testSubnormalFactorsAndProductsAreZero() throws {
    for (input, weight) in [
      (Self.largest, Float(1)), (0x1p20, -Self.largest), (Self.smallest, 0x1p100), (0x1p-70, 0x1p-70),
    ] {
      for (channels, groups) in [(16, 1), (16, 16), (16, 4)] {
        try forEachWay { way, options in
          let output = try convolve(input, weight, channels: channels, groups: groups, options)
          XCTAssert(output.allSatisfy { $0 == 0 }, "\(input) · \(weight), \(groups) groups, \(way): \(output[0])")
        }
      }
    }
  }

  /// They are normal as floats.
  func testSubnormalHalvesAreWeights() throws {
    for weight in [Float(0x1p-24), 0x1.ff8p-15] {
      try forEachWay { way, options in
        let output = try convolve(1, weight, channels: 16, groups: 1, halves: true, options)
        // The pixel in the middle sees 9 taps of 16 channels; transforms round.
        let middle = output[(4 * 9 + 4) * 16]
        XCTAssertEqual(middle, 144 * weight, accuracy: 144 * weight * 0x1p-13, "\(weight), \(way)")
      }
    }
  }

  func testFunctions() throws {
    for (function, expected) in [
      (UnaryFunction.log, -Float.infinity), (.reciprocal, .infinity), (.sqrt, 0), (.sigmoid, 0.5),
    ] {
      var graph = Graph()
      let x = graph.addInput(name: "x", dims: [1, 35])
      graph.outputs = [graph.addNode(.unary(Unary(function)), [x], name: "y")]
      graph.names[graph.outputs[0]] = "y"
      try forEachWay { way, options in
        let output = try Engine(graph: graph, options: options).run([
          Tensor([1, 35], [Float](repeating: Self.largest, count: 35))
        ])[0].floats
        XCTAssert(output.allSatisfy { $0 == expected }, "\(function.rawValue) \(way): \(output[0])")
      }
    }
  }

  /// Instruction sets, algorithms, and OpenCL.
  private func forEachWay(_ body: (String, EngineOptions) throws -> Void) throws {
    for set in KernelSet.all where set.isAvailable {
      setenv("PREFACTOR_ISA", set.description, 1)
      for algorithm in [PF_DIRECT, PF_WINOGRAD_4X4_3X3, PF_FFT_16X16] {
        setenv("PREFACTOR_ALGORITHM", algorithm.name.description, 1)
        for threads in [1, 2] {
          var options = EngineOptions()
          options.threads = threads
          try body("\(set) \(algorithm.name), \(threads) threads", options)
        }
      }
    }
    tearDown()
    guard let devices = try? OpenCLDevice.all(), !devices.isEmpty else { return }
    try body("OpenCL", .onDevice)
  }

  /// Of an image of 9 × 9 and a kernel of 3 × 3, each of one number.
  private func convolve(
    _ input: Float, _ weight: Float, channels: Int, groups: Int, halves: Bool = false, _ options: EngineOptions
  ) throws -> [Float] {
    var graph = Graph()
    let x = graph.addInput(name: "x", dims: [1, 9, 9, channels])
    let weights = Tensor([16, 3, 3, channels / groups], [Float](repeating: weight, count: 144 * channels / groups))
    let convolution = with(Convolution()) {
      $0.window = with(Window()) {
        ($0.kernelHeight, $0.kernelWidth, $0.padTop, $0.padLeft, $0.padBottom, $0.padRight) = (3, 3, 1, 1, 1, 1)
      }
      $0.groups = Int32(groups)
    }
    graph.outputs = [graph.addNode(.convolution(convolution), [x, graph.addConstant(weights)], name: "y")]
    graph.names[graph.outputs[0]] = "y"
    graph.weightsType = halves ? .float16 : .float32
    return try Engine(graph: graph, options: options).run([
      Tensor([1, 9, 9, channels], [Float](repeating: input, count: 81 * channels))
    ])[0].floats
  }
}
