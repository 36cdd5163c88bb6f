import PrefactorEngine

extension Samples {
  /// Calls `body` with each sample that can be read, when it is in the network's inputs; the others are passed over.
  func each(in engine: Engine, _ body: (_ index: Int) throws -> Void) throws {
    var read = 0
    for index in 0..<count {
      do { try load(index, engine, 0) } catch is UnreadableSample { continue }
      try body(index)
      read += 1
    }
    if read == 0 { throw UnreadableSample("none of the \(count) calibration samples can be read") }
  }
}
