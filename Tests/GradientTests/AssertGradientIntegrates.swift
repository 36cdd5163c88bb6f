import Foundation
import PrefactorGradients
import PrefactorGraph
import PrefactorTestSupport
import XCTest

/// The loss -ln softmax(logits)_label of a network at a point of the space of its parameters, and its gradient.
struct LossPoint {
  let loss: Double
  let largestLogit: Double
  let backpropagation: Backpropagation

  init(_ graph: Graph, parameters: Set<Value>, input: Tensor, label: Int) throws {
    backpropagation = try Backpropagation(graph, parameters: parameters)
    _ = try backpropagation.engine.run([input])
    let logits = backpropagation.output.map(Double.init)
    let largest = logits.max()!
    let powers = logits.map { exp($0 - largest) }
    let sum = powers.reduce(0, +)
    largestLogit = logits.map(abs).max()!
    loss = log(sum) - (logits[label] - largest)
    backpropagation.backward(from: powers.enumerated().map { Float($1 / sum - ($0 == label ? 1 : 0)) })
  }

  /// Times the gradient.
  func slope(along direction: [Value: [Float]]) -> Double {
    direction.reduce(0) { sum, part in
      sum + zip(part.value, backpropagation.gradient(of: part.key)).reduce(0) { $0 + Double($1.0) * Double($1.1) }
    }
  }
}

/// Compares the difference of a loss between two points with the integral of its slope along the line between them,
/// since on any line that is long enough for differences of float32 there are bends of rectifiers and maxima. The line
/// goes through the graph's own parameters in a random direction, by `reach` of each tensor's root mean square on both
/// sides.
func assertGradientIntegrates(
  _ graph: Graph, parameters: Set<Value>, input: Tensor, label: Int, seed: Int, reach: Float, intervals: Int,
  file: StaticString = #filePath, line: UInt = #line
) throws {
  var direction: [Value: [Float]] = [:]
  for parameter in parameters {
    let values = graph.constants[parameter]!.floats
    let size = (values.reduce(0) { $0 + $1 * $1 } / Float(values.count)).squareRoot()
    direction[parameter] = Tensor.random([values.count], seed: seed + parameter.index).floats.map {
      $0 * reach * max(size, 1e-3)
    }
  }
  let points = try (0...intervals).map { index in
    let place = Float(2 * index) / Float(intervals) - 1
    var moved = graph
    for (parameter, step) in direction {
      let tensor = graph.constants[parameter]!
      moved.constants[parameter] = Tensor(tensor.dims, zip(tensor.floats, step).map { $0 + place * $1 })
    }
    let point = try LossPoint(moved, parameters: parameters, input: input, label: label)
    return (loss: point.loss, slope: point.slope(along: direction), largestLogit: point.largestLogit)
  }
  let width = 2 / Double(intervals)
  let slopes = points.map(\.slope)
  let difference = points[intervals].loss - points[0].loss
  let integral = (0..<intervals).reduce(0) { $0 + width * (slopes[$1] + slopes[$1 + 1]) / 2 }
  // The rule's error is at most half an interval times the slope's variation. A logit has a hundred roundings or so.
  let variation = (0..<intervals).reduce(0) { $0 + abs(slopes[$1 + 1] - slopes[$1]) }
  let tolerance = width / 2 * variation + 2 * 100 * 0x1p-24 * points[0].largestLogit
  XCTAssertEqual(integral, difference, accuracy: tolerance, file: file, line: line)
  XCTAssertLessThan(tolerance, abs(difference) / 5, "the line says too little", file: file, line: line)
}
