import PrefactorEngine

/// How often two classifiers find the same class the likeliest.
public struct Agreement {
  /// Samples that both could read.
  public let samples: Int
  /// Of these. Of no samples not a number.
  public let share: Double

  public init(
    of classifier: Classifier, with reference: Classifier, on samples: Samples,
    progress: (_ index: Int, _ count: Int) -> Void
  ) throws {
    var equal = 0
    self.samples = try samples.score(by: [classifier, reference], progress: progress) { _, scores in
      if topClasses(1, of: scores[0]) == topClasses(1, of: scores[1]) { equal += 1 }
    }
    share = Double(equal) / Double(self.samples)
  }
}
