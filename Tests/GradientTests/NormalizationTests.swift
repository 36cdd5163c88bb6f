import PrefactorGradients
import PrefactorGraph
import PrefactorModelFormat
import PrefactorTestSupport
import XCTest

final class NormalizationTests: XCTestCase {
  /// Where s is zero is at least √(1.5/0.9) from the real axis, and within 1 of it |s| ≥ 0.6 and |y| ≤ 2. So says
  /// Cauchy's estimate that a fifth derivative is at most 5!·2.
  func testResponseNormalization() throws {
    for size: Int32 in [1, 2, 3, 4, 5] {
      try assertGradients(Smoothness(fifthDerivative: 240)) { graph in
        let layer = with(ResponseNormalization()) { ($0.size, $0.alpha, $0.beta, $0.bias) = (size, 0.9, 0.75, 1.5) }
        return graph.add(.responseNormalization(layer), graph.variable([2, 2, 1, 7], in: -2...2))
      }
    }
  }

  /// With respect to one of its arguments, softmax is e^z/(e^z + c) or a constant less it, whose poles are π from the
  /// real axis. Within 2 of it the sine of 2 bounds the denominators from below, the result is below 1.1, and its
  /// logarithm below 8: Cauchy's estimate is 5!·8/2⁵.
  func testSoftmax() throws {
    for logarithm: Int32 in [0, 1] {
      for axis: Int32 in 0...2 {
        try assertGradients(Smoothness(fifthDerivative: 30)) { graph in
          let softmax = with(Softmax()) { ($0.axis, $0.logarithm) = (axis, logarithm) }
          return graph.add(.softmax(softmax), graph.variable([3, 4, 2], in: -2...2))
        }
      }
    }
  }

  /// The gradient of -ln softmax(x)_l is softmax(x) - indicator(l), whether one comes back through log-softmax or
  /// through softmax.
  func testCrossEntropy() throws {
    let scores = Tensor.random([1, 9], seed: 5, in: -3...3)
    let label = 4
    for logarithm: Int32 in [0, 1] {
      var test = TestGraph()
      let x = test.variable(scores)
      let y = test.add(.softmax(with(Softmax()) { ($0.axis, $0.logarithm) = (1, logarithm) }), x)
      let backpropagation = try Backpropagation(test.graph, parameters: Set(test.parameters), output: y)
      let output = try backpropagation.engine.run([zeroInput])[0].floats
      let probabilities = logarithm != 0 ? output.map { exp($0) } : output
      backpropagation.backward(from: (0..<9).map { $0 != label ? 0 : logarithm != 0 ? -1 : -1 / probabilities[label] })
      for (index, gradient) in backpropagation.gradient(of: test.parameters[0]).enumerated() {
        XCTAssertEqual(gradient, probabilities[index] - (index == label ? 1 : 0), accuracy: 16 * 0x1p-24)
      }
    }
  }
}
