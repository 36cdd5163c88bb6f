import PrefactorEngine

/// How often a classifier is right.
public struct Accuracy {
  /// Samples that could be read.
  public let samples: Int
  /// The shares of these whose class is the likeliest one, and among the five likeliest. Of no samples not a number.
  public let top1: Double, top5: Double

  /// On samples whose labels are known. Throws ``UnknownClass`` for one that the classifier has no score for.
  public init(of classifier: Classifier, on samples: Samples, progress: (_ index: Int, _ count: Int) -> Void) throws {
    guard let labels = samples.labels else { preconditionFailure("the classes of the samples are not known") }
    var (first, amongFive) = (0, 0)
    self.samples = try samples.score(by: [classifier], progress: progress) { sample, scores in
      let label = labels[sample]
      guard label < scores[0].count else {
        throw UnknownClass(sample: sample, label: label, classCount: scores[0].count)
      }
      let best = topClasses(5, of: scores[0])
      if best.first == label { first += 1 }
      if best.contains(label) { amongFive += 1 }
    }
    (top1, top5) = (Double(first) / Double(self.samples), Double(amongFive) / Double(self.samples))
  }
}

/// A sample is said to be of a class that a network does not know.
public struct UnknownClass: Error, CustomStringConvertible {
  public let sample: Int, label: Int, classCount: Int

  public var description: String {
    "sample \(sample) is of class \(label), and the network knows \(classCount) classes, from 0"
  }
}
