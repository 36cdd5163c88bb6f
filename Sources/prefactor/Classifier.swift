import Foundation
import PrefactorCalibration
import PrefactorCompiler
import PrefactorEngine
import PrefactorGraph

/// A network that gives scores for images, as many at a time as its batch has.
struct Classifier {
  private let model: String
  let labels: [String]
  private let engine: Engine
  let batch: Int

  init(_ network: Network, _ sizes: SizeOptions, _ execution: ExecutionOptions) throws {
    model = network.path
    try network.requirePreprocessing()
    labels = network.graph.labels
    engine = try network.engine(sizes.added(to: execution.engineOptions, for: network))
    guard engine.inputs.count == 1, let batch = engine.inputs[0].dims.first, batch > 0 else {
      throw FileError(
        model, "takes \(engine.inputs.map { "\($0.name) \($0.dims)" }.joined(separator: " and ")), not images")
    }
    guard let scores = engine.outputs.last, scores.type == .float32 else {
      throw FileError(model, "gives no scores: its last output is not float32")
    }
    guard batch == 1 || scores.dims.first == batch else {
      throw FileError(model, "gives scores \(scores.dims) for \(batch) images: give --batch 1")
    }
    self.batch = batch
  }

  /// Of each image one for each class: the network's last output. Nil where the image cannot be read, of which
  /// ``SampleReader`` warns.
  func scores(_ paths: [String], _ reader: SampleReader) throws -> [[Float]?] {
    var results = [[Float]?](repeating: nil, count: paths.count)
    // The images of the next run.
    var loaded: [Int] = []
    for index in paths.indices {
      if try load(paths[index], at: loaded.count, reader) { loaded.append(index) }
      guard loaded.count == batch || index == paths.count - 1, !loaded.isEmpty else { continue }
      let scores = try inFile(model) {
        try engine.run()
        return engine.outputTensors[engine.outputs.count - 1].floats
      }
      let classes = scores.count / batch
      // What else is in the batch are images of an earlier run.
      for (place, image) in loaded.enumerated() {
        results[image] = Array(scores[place * classes..<(place + 1) * classes])
      }
      loaded = []
    }
    return results
  }

  /// Whether an image can be read.
  private func load(_ path: String, at place: Int, _ reader: SampleReader) throws -> Bool {
    do {
      try reader.read(path) { path in
        let image = try ImageFile(path)
        try inFile(path) {
          try engine.loadImage(image.rgb, width: image.width, height: image.height, batchIndex: place)
        }
      }
      return true
    } catch is UnreadableSample { return false }
  }

  func label(_ index: Int) -> String { index < labels.count ? labels[index] : "class \(index)" }
}

extension Array {
  /// Parts of so many elements, but for the last one.
  func batches(of count: Int) -> [ArraySlice<Element>] {
    stride(from: 0, to: self.count, by: count).map { self[$0..<Swift.min($0 + count, self.count)] }
  }
}

/// Scores as they are where they are probabilities already, which is to say from 0 to 1 with a sum of 1 to within a
/// thousandth; else their softmax.
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
