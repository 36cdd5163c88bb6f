/// Samples of a network's inputs, images for the most part, which calibration and evaluation look at.
public struct Samples {
  public var count: Int
  /// Puts a sample into the network's inputs, at a place in the batch. Throws ``UnreadableSample`` where there is
  /// nothing to put there.
  public var load: (_ index: Int, _ engine: Engine, _ place: Int) throws -> Void
  /// The right classes, where they are known.
  public var labels: [Int]?

  public init(
    count: Int, labels: [Int]? = nil, load: @escaping (_ index: Int, _ engine: Engine, _ place: Int) throws -> Void
  ) {
    (self.count, self.labels, self.load) = (count, labels, load)
  }

  /// Their indices, in parts of so many but for the last one.
  public func batches(of size: Int) -> [Range<Int>] {
    stride(from: 0, to: count, by: size).map { $0..<min($0 + size, count) }
  }
}

/// Why a sample cannot be used, which does not keep others from being used.
public struct UnreadableSample: Error, CustomStringConvertible {
  public var description: String
  public init(_ description: String) { self.description = description }
}
