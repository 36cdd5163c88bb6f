import Foundation

/// Scores as they are where they are probabilities already, which is to say from 0 to 1 with a sum of 1 to within a
/// thousandth; else their softmax.
public func probabilities(_ scores: [Float]) -> [Double] {
  let scores = scores.map(Double.init)
  if scores.allSatisfy((0...1).contains), abs(scores.reduce(0, +) - 1) < 1e-3 { return scores }
  let largest = scores.max() ?? 0
  let powers = scores.map { exp($0 - largest) }
  let sum = powers.reduce(0, +)
  return powers.map { $0 / sum }
}
