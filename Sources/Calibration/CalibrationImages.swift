import PrefactorGraph

/// Images that a network's layers are looked at with.
public struct CalibrationImages {
  public var count: Int
  /// Puts an image into a network's input.
  public var load: (_ index: Int, _ engine: Engine) throws -> Void
  /// The right classes, where they are known.
  public var labels: [Int]?

  public init(count: Int, labels: [Int]? = nil, load: @escaping (_ index: Int, _ engine: Engine) throws -> Void) {
    (self.count, self.labels, self.load) = (count, labels, load)
  }
}
