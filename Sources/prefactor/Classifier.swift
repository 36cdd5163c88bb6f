import Foundation
import PrefactorCalibration
import PrefactorCompiler
import PrefactorGraph

/// A network that gives scores for one image at a time.
struct Classifier {
  private let model: String
  let labels: [String]
  private let engine: Engine

  init(_ network: Network, _ sizes: SizeOptions, _ execution: ExecutionOptions) throws {
    model = network.path
    try network.requirePreprocessing()
    labels = network.graph.labels
    engine = try network.engine(sizes.added(to: execution.engineOptions, for: network))
    guard engine.inputs.count == 1, engine.inputs[0].dims.first == 1 else {
      throw FileError(model, "takes \(engine.inputs.map { "\($0.name) \($0.dims)" }.joined(separator: " and ")), not one image")
    }
    guard engine.outputs.last?.type == .float32 else { throw FileError(model, "gives no scores: its last output is not float32") }
  }

  /// One for each class: the network's last output. Nil where the image cannot be read, of which ``SampleReader`` warns.
  func scores(_ path: String, _ reader: SampleReader) throws -> [Float]? {
    do {
      try reader.read(path) { path in
        let image = try ImageFile(path)
        try inFile(path) { try engine.loadImage(image.rgb, width: image.width, height: image.height) }
      }
    } catch is UnreadableSample { return nil }
    return try inFile(model) {
      try engine.run()
      return engine.outputTensors[engine.outputs.count - 1].floats
    }
  }

  func label(_ index: Int) -> String { index < labels.count ? labels[index] : "class \(index)" }
}

/// Scores as they are where they are probabilities already, which is to say from 0 to 1 with a sum of 1 to within a thousandth; else their
/// softmax.
func probabilities(_ scores: [Float]) -> [Double] {
  let scores = scores.map(Double.init)
  if scores.allSatisfy((0...1).contains), abs(scores.reduce(0, +) - 1) < 1e-3 { return scores }
  let largest = scores.max() ?? 0
  let powers = scores.map { exp($0 - largest) }
  let sum = powers.reduce(0, +)
  return powers.map { $0 / sum }
}

/// Indices of the `count` largest, largest first; the first of equals comes first, and what is not a number last.
func largest(_ count: Int, of scores: [Float]) -> [Int] {
  let keys = scores.map { $0.isNaN ? -Float.infinity : $0 }
  return Array(keys.indices.sorted { (keys[$1], $0) < (keys[$0], $1) }.prefix(count))
}
