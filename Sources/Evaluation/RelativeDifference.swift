import PrefactorGraph

/// The distance between what two networks give for the same input, relative to what the first gives: the root of the
/// sums of squares, over all float32 outputs. These must have the same shapes.
public func relativeDifference(_ expected: [Tensor], _ actual: [Tensor]) -> Double {
  var distance = 0.0
  var norm = 0.0
  for case (.float32(let expected), .float32(let actual)) in zip(expected.map(\.elements), actual.map(\.elements)) {
    for (expected, actual) in zip(expected, actual) {
      let difference = Double(actual) - Double(expected)
      distance += difference * difference
      norm += Double(expected) * Double(expected)
    }
  }
  return distance == 0 ? 0 : (distance / norm).squareRoot()
}
