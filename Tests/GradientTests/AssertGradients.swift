import PrefactorEngine
import PrefactorGradients
import PrefactorGraph
import PrefactorModelFormat
import PrefactorTestSupport
import XCTest

/// Foundation has one too.
typealias Operation = PrefactorModelFormat.Operation

/// A graph whose only input is a zero, made of constants whose gradients are wanted.
struct TestGraph {
  var graph = Graph()
  private(set) var parameters: [Value] = []
  private let zero: Value

  init() { zero = graph.addInput(name: "zero", dims: [1]) }

  mutating func parameter(_ tensor: Tensor) -> Value {
    parameters.append(graph.addConstant(tensor))
    return parameters.last!
  }

  mutating func parameter(_ dims: [Int], in range: ClosedRange<Float> = -1...1) -> Value {
    parameter(.random(dims, seed: parameters.count + 1, in: range))
  }

  /// A value that is computed, and equal to a parameter.
  mutating func variable(_ tensor: Tensor) -> Value { add(.binary(Binary(.add)), parameter(tensor), zero) }

  mutating func variable(_ dims: [Int], in range: ClosedRange<Float> = -1...1) -> Value {
    variable(.random(dims, seed: parameters.count + 1, in: range))
  }

  mutating func add(_ operation: Operation, _ inputs: Value?...) -> Value { add(operation, inputs) }

  mutating func add(_ operation: Operation, _ inputs: [Value?]) -> Value {
    graph.addNode(operation, inputs, name: "node \(graph.nodes.count)")
  }
}

let zeroInput = Tensor([1], [Float(0)])

/// How a function differs from what its differences can tell.
struct Smoothness {
  /// Roundings of an output, of 2⁻²⁴ of it or of 1 each: of the sums, and of what approximates functions.
  var roundings = 64.0
  /// The most that a fifth derivative with respect to one element can be: none for polynomials of degree 4 and what is
  /// pieced together of them, at points further than two steps from the joints.
  var fifthDerivative = 0.0
}

/// Compares the gradient of a random combination of outputs, with respect to each element of each parameter, with the
/// differences (8(f(x+h) - f(x-h)) - (f(x+2h) - f(x-2h))) / 12h of the runtime's outputs f. These are off by h⁴/30 of
/// the fifth derivative, and by 18/12h of an output's error. Outputs for which `isSmooth` is false, since a kink is
/// near, do not take part.
func assertGradients(
  of name: String = "", _ smoothness: Smoothness = Smoothness(), isSmooth: (Float) -> Bool = { _ in true },
  file: StaticString = #filePath, line: UInt = #line, _ build: (inout TestGraph) -> Value
) throws {
  let step = 1.0 / 16
  var test = TestGraph()
  let output = build(&test)
  let backpropagation = try Backpropagation(test.graph, parameters: Set(test.parameters), output: output)
  let outputs = try backpropagation.engine.run([zeroInput])[0]
  let weights = zip(Tensor.random(outputs.dims, seed: 99).floats, outputs.floats).map { isSmooth($1) ? $0 : 0 }
  XCTAssertTrue(weights.contains { $0 != 0 }, "\(name): no output is smooth", file: file, line: line)
  // What an earlier pass left must not matter.
  backpropagation.backward(from: weights.map { 1 - $0 })
  backpropagation.backward(from: weights)

  for (index, parameter) in test.parameters.enumerated() {
    let gradient = backpropagation.gradient(of: parameter)
    let tensor = test.graph.constants[parameter]!
    XCTAssertEqual(gradient.count, tensor.count, file: file, line: line)
    var worst = (excess: 0.0, description: "")
    for element in 0..<tensor.count {
      func outputs(_ steps: Double) throws -> [Float] {
        var floats = tensor.floats
        floats[element] += Float(steps * step)
        var graph = test.graph
        graph.constants[parameter] = Tensor(tensor.dims, floats)
        graph.outputs = [output]
        graph.names[output] = "output"
        return try Engine(graph: graph).run([zeroInput])[0].floats
      }
      let values = try [1, -1, 2, -2].map(outputs)
      var difference = 0.0
      var affected = 0.0
      var error = 0.0
      for place in weights.indices where values.contains(where: { $0[place] != values[0][place] }) {
        let slope =
          8 * (Double(values[0][place]) - Double(values[1][place]))
          - (Double(values[2][place]) - Double(values[3][place]))
        difference += Double(weights[place]) * slope / (12 * step)
        affected += Double(abs(weights[place]))
        error +=
          Double(abs(weights[place])) * Double(values.map { max(abs($0[place]), 1) }.max()!) * smoothness.roundings
          * 0x1p-24
      }
      let truncation = affected * smoothness.fifthDerivative * step * step * step * step / 30
      // The gradient itself is a sum of as many roundings.
      let tolerance = 1.5 / step * error + truncation + smoothness.roundings * 0x1p-24 * (abs(difference) + affected)
      let excess = abs(Double(gradient[element]) - difference) - tolerance
      if !(excess <= worst.excess) {
        worst = (
          excess,
          """
          \(name) parameter \(index), element \(element): \(gradient[element]), differences say \(difference) ± \
          \(tolerance)
          """
        )
      }
    }
    XCTAssertEqual(worst.description, "", file: file, line: line)
  }
}
