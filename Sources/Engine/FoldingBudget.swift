import PrefactorGraph
import PrefactorModelFormat

/// How many elements the constants may have that are computed while a network is compiled, and how much work that may
/// be, all of them together: a graph of a few hundred bytes could otherwise ask for terabytes and hours. Whoever has
/// large weights may also compute with them.
public final class FoldingBudget {
  /// Elements whatever the network has, a quarter of a gigabyte as integers; and so many for each that it brings along.
  private static let base = 1 << 25, perGiven = 16
  /// As the runtime counts it; about a second.
  private static let mostWork = 1 << 32
  /// Elements of a result that is stored whatever it is computed from.
  private static let smallCount = 1 << 16

  private var left = FoldingBudget.base, workLeft = FoldingBudget.mostWork

  /// The one of the import that is under way.
  @TaskLocal public static var current: FoldingBudget?

  public init() {}

  /// Makes room for what is computed from constants of the file.
  public func give(_ elements: Int) {
    left = Int(Int64(left).addingClamped(Int64(elements).multipliedClamped(by: Int64(Self.perGiven))))
  }

  /// Whether there is room for so many more, which they then take.
  public func take(_ elements: Int, work: Int = 0) -> Bool {
    guard elements <= left, work <= workLeft else { return false }
    left -= elements
    workLeft -= work
    return true
  }

  /// Whether a result of so many elements does not make the file much larger than what it is computed from.
  public static func mayStore(_ elements: Int, from operands: some Sequence<Int>) -> Bool {
    elements <= max(clampedSum(operands), smallCount)
  }
}
