import PrefactorEngine
import PrefactorGraph

extension Engine {
  /// What a processor computes in some ten seconds or more.
  private static let longRun = 1_000_000_000_000

  /// Says what a run takes where that is long: nobody waits for hours without a word.
  func warnOfLongRun(_ model: String) {
    let operations = clampedSum(steps.map(\.macs))
    if operations > Engine.longRun {
      warn("\(model): a run takes \(operations) operations, and may take minutes or hours")
    }
  }
}
