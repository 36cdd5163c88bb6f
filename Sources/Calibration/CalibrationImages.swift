import PrefactorEngine

/// Samples that a network's layers are looked at with, images for the most part.
public struct CalibrationImages {
  public var count: Int
  /// Puts a sample into the network's inputs. Throws ``UnreadableSample`` where there is nothing to put there.
  public var load: (_ index: Int, _ engine: Engine) throws -> Void
  /// The right classes, where they are known.
  public var labels: [Int]?

  public init(count: Int, labels: [Int]? = nil, load: @escaping (_ index: Int, _ engine: Engine) throws -> Void) {
    (self.count, self.labels, self.load) = (count, labels, load)
  }

  /// Calls `body` with each sample that can be read, when it is in the network's inputs; the others are passed over.
  func each(in engine: Engine, _ body: (_ index: Int) throws -> Void) throws {
    var read = 0
    for index in 0..<count {
      do { try load(index, engine) } catch is UnreadableSample { continue }
      try body(index)
      read += 1
    }
    if read == 0 { throw UnreadableSample("none of the \(count) calibration samples can be read") }
  }
}

/// Why a sample cannot be used, which does not keep others from being used.
public struct UnreadableSample: Error, CustomStringConvertible {
  public var description: String
  public init(_ description: String) { self.description = description }
}
