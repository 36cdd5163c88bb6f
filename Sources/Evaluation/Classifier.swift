import PrefactorEngine

/// A network that gives scores of classes for images, as many at a time as its batch has.
public struct Classifier {
  /// Images a run.
  public let batch: Int
  private let engine: Engine
  private let name: String

  /// Errors are said of `name`. Throws ``EvaluationError`` where the network does not take images alone, or where its
  /// last output is not float32 with scores for each image of a batch.
  public init(_ engine: Engine, name: String) throws {
    guard engine.inputs.count == 1, let batch = engine.inputs[0].dims.first, batch > 0 else {
      throw EvaluationError(
        name, "takes \(engine.inputs.map { "\($0.name) \($0.dims)" }.joined(separator: " and ")), not images")
    }
    guard let scores = engine.outputs.last, scores.type == .float32 else {
      throw EvaluationError(name, "gives no scores: its last output is not float32")
    }
    guard batch == 1 || scores.dims.first == batch else {
      throw EvaluationError(name, "gives scores \(scores.dims) for \(batch) images: give --batch 1")
    }
    (self.engine, self.batch, self.name) = (engine, batch, name)
  }

  /// Of each of these samples one for each class: the network's last output. Nil where the sample cannot be read.
  public func scores(of samples: Samples, _ indices: Range<Int>) throws -> [[Float]?] {
    var results = [[Float]?](repeating: nil, count: indices.count)
    // The samples of the next run.
    var loaded: [Int] = []
    for index in indices {
      do {
        try samples.load(index, engine, loaded.count)
        loaded.append(index)
      } catch is UnreadableSample {}
      guard loaded.count == batch || index == indices.last, !loaded.isEmpty else { continue }
      do { try engine.run() } catch { throw EvaluationError(name, "\(error)") }
      let scores = engine.outputFloats(engine.outputs.count - 1)
      let classes = scores.count / batch
      // What else is in the batch are samples of an earlier run.
      for (place, sample) in loaded.enumerated() {
        results[sample - indices.lowerBound] = Array(scores[place * classes..<(place + 1) * classes])
      }
      loaded = []
    }
    return results
  }
}

/// What keeps a network from being evaluated.
public struct EvaluationError: Error, CustomStringConvertible {
  public var description: String

  init(_ network: String, _ reason: String) { description = "\(network): \(reason)" }
}
