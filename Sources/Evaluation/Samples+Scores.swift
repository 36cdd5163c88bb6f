import PrefactorEngine

extension Samples {
  /// How many of the samples can be read; `body` is given each of these, and the scores of each classifier.
  func score(
    by classifiers: [Classifier], progress: (_ index: Int, _ count: Int) -> Void,
    _ body: (_ sample: Int, _ scores: [[Float]]) throws -> Void
  ) throws -> Int {
    var read = 0
    for batch in batches(of: classifiers.map(\.batch).max() ?? 1) {
      progress(batch.lowerBound, count)
      let scores = try classifiers.map { try $0.scores(of: self, batch) }
      for (position, sample) in batch.enumerated() {
        let known = scores.compactMap { $0[position] }
        guard known.count == classifiers.count else { continue }
        try body(sample, known)
        read += 1
      }
    }
    return read
  }
}
