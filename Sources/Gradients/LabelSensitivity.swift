import Foundation
import PrefactorGraph

/// How much a classifier's outcome depends on each of its parameters: the metric of Denton, Zaremba, Bruna, LeCun and
/// Fergus, "Exploiting linear structure within convolutional networks for efficient evaluation" (2014), section 3.1.
/// Parameter p has α_p = (Σ d_{n,l}(p)²)^½ over images n and the most probable wrong labels l of each, where d_{n,l} is
/// the gradient of the loss -ln softmax(logits)_l, which at the logits is softmax(logits) - indicator(l).
public struct LabelSensitivity {
  /// How many of them per image; all there are where a network has fewer.
  public let wrongLabels: Int
  public private(set) var images = 0
  /// α² of each parameter's elements.
  public private(set) var squares: [Value: [Double]]

  private let backpropagation: Backpropagation

  /// The batch has to be 1, since one backward pass gives the sum of all images' gradients; and all outputs have to be
  /// the logits of one softmax.
  public init(_ backpropagation: Backpropagation, wrongLabels: Int) throws {
    let dims = backpropagation.outputDims
    guard dims.allSatisfy({ $0 == 1 || $0 == backpropagation.output.count }) else {
      throw GradientError("an output of \(dims.map(String.init).joined(separator: "×")) is not the scores of one image")
    }
    self.backpropagation = backpropagation
    self.wrongLabels = wrongLabels
    squares = Dictionary(
      uniqueKeysWithValues: backpropagation.parameters.map {
        ($0, [Double](repeating: 0, count: backpropagation.gradient(of: $0).count))
      })
  }

  /// Adds the image of the last forward pass, by as many backward passes as there are labels. Where the right label is
  /// not known, the most probable one counts as right.
  public mutating func add(rightLabel: Int? = nil) throws {
    let logits = Array(backpropagation.output)
    guard logits.allSatisfy(\.isFinite) else { throw GradientError("the network's scores are not all finite") }
    let ranking = logits.indices.sorted { (logits[$1], $0) < (logits[$0], $1) }
    let probabilities = softmax(logits)
    for label in ranking.filter({ $0 != rightLabel ?? ranking[0] }).prefix(wrongLabels) {
      var lossGradient = probabilities
      lossGradient[label] -= 1
      backpropagation.backward(from: lossGradient.map(Float.init))
      for parameter in backpropagation.parameters { add(backpropagation.gradient(of: parameter), to: parameter) }
    }
    images += 1
  }

  private mutating func add(_ gradient: UnsafeBufferPointer<Float>, to parameter: Value) {
    squares[parameter]!.withUnsafeMutableBufferPointer { sums in
      for index in 0..<gradient.count { sums[index] += Double(gradient[index]) * Double(gradient[index]) }
    }
  }
}

private func softmax(_ logits: [Float]) -> [Double] {
  let largest = Double(logits.max() ?? 0)
  let powers = logits.map { exp(Double($0) - largest) }
  let sum = powers.reduce(0, +)
  return powers.map { $0 / sum }
}
