import Foundation
import PrefactorCompiler
import PrefactorGradients
import PrefactorGraph
import PrefactorModelFormat
import PrefactorTestSupport
import XCTest

final class NetworkTests: XCTestCase {
  private func check(_ name: String, intervals: Int) throws {
    let path = sharedPath("models/\(name).onnx")
    guard FileManager.default.fileExists(atPath: path) else { throw XCTSkip("\(path) is not there") }
    let graph = try Compiler.load(path)
    let parameters = Set(graph.constants.filter { $0.value.type == .float32 }.keys)
    let input = Tensor.random(graph.shape(of: graph.inputs[0], graph.referenceBinding).dims, seed: 1)
    for seed in [1, 2] {
      try assertGradientIntegrates(
        graph, parameters: parameters, input: input, label: 3, seed: seed, reach: 0.003, intervals: intervals)
    }
  }

  /// Everything that classifiers join: a residual, a concatenation, pools, both normalizations, groups.
  func testSmallNetwork() throws {
    var graph = Graph()
    func constant(_ dims: [Int]) -> Value {
      graph.addConstant(.random(dims, seed: graph.constants.count + 1, in: -0.5...0.5))
    }
    func add(_ operation: Operation, _ inputs: [Value?]) -> Value {
      graph.addNode(operation, inputs, name: "node \(graph.nodes.count)")
    }
    func convolution(
      _ x: Value, from channels: Int, to filters: Int, kernel: Int32, groups: Int = 1, residual: Value? = nil
    ) -> Value {
      let layer = with(Convolution()) {
        ($0.window.kernelHeight, $0.window.kernelWidth, $0.window.automaticPadding) = (
          kernel, kernel, Window.Padding.sameUpper
        )
        ($0.groups, $0.clamp) = (Int32(groups), .relu)
      }
      return add(
        .convolution(layer),
        [x, constant([filters, Int(kernel), Int(kernel), channels / groups]), constant([filters]), residual])
    }
    func pool(_ x: Value, _ kind: PoolKind) -> Value {
      add(
        .pool(
          with(Pool(kind)) {
            ($0.window.kernelHeight, $0.window.kernelWidth) = (3, 3)
            ($0.window.strideHeight, $0.window.strideWidth, $0.ceilMode) = (2, 2, 1)
          }), [x])
    }
    let x = graph.addInput(name: "x", dims: [nil, 17, 15, 3])
    let stem = pool(convolution(x, from: 3, to: 6, kernel: 5), .maximum)
    let normalized = add(
      .responseNormalization(with(ResponseNormalization()) { ($0.size, $0.alpha) = (5, 0.5) }), [stem])
    let scaled = add(.affine(Affine()), [normalized, constant([6]), constant([6])])
    let block = convolution(
      convolution(scaled, from: 6, to: 8, kernel: 3, groups: 2), from: 8, to: 6, kernel: 3, residual: scaled)
    let joined = add(
      .concatenation(with(Concatenation()) { $0.axis = 3 }),
      [block, convolution(block, from: 6, to: 4, kernel: 1), scaled])
    let places = graph.addConstant(Tensor([16], (0..<16).map { Int64($0 * 5 % 16) }))
    let shuffled = pool(add(.gather(with(Gather()) { $0.axis = 3 }), [joined, places]), .average)
    let mean = add(.reduction(with(Reduction(.mean)) { ($0.axes, $0.keepDims) = (0b0110, 0) }), [shuffled])
    let logits = add(.fullyConnected(FullyConnected()), [mean, constant([7, 16]), constant([7])])
    let output = add(.softmax(with(Softmax()) { $0.axis = 1 }), [logits])
    graph.outputs = [output]
    graph.names[output] = "y"
    XCTAssertEqual(graph.logits(of: output), logits)
    let parameters = Set(graph.constants.keys).subtracting([places])
    let image = Tensor.random([1, 17, 15, 3], seed: 40)
    for seed in 1...4 {
      try assertGradientIntegrates(
        graph, parameters: parameters, input: image, label: 3, seed: seed, reach: 0.1, intervals: 64)
    }
  }

  func testTinyImageNet() throws { try check("tinyimagenet-zf", intervals: 4) }
  func testSqueezeNet() throws { try check("squeezenet1.1", intervals: 8) }
  func testResNet() throws { try check("cifar10-resnet20", intervals: 32) }
}
