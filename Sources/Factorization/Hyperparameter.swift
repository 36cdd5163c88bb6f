/// A number that a method needs to know, under the name that it has in plans.
public struct Hyperparameter: Equatable {
  public let name: String
  /// Ascending.
  public let accepted: [Int]

  public init(name: String, accepted: some Sequence<Int>) {
    self.name = name
    self.accepted = Array(accepted)
  }

  /// As refusals list it.
  var acceptedText: String {
    let isRange = accepted.last! - accepted[0] == accepted.count - 1
    return isRange ? "\(accepted[0]) to \(accepted.last!)" : accepted.map(String.init).joined(separator: ", ")
  }
}

extension Int {
  /// Ascending; the sizes that clusters of equal size can have, and their numbers.
  var divisors: [Int] { (1...self).filter { self % $0 == 0 } }
}
