import PrefactorModelFormat

/// How many elements the constants may have that are computed while a network is compiled, all of them together: a graph of a few hundred
/// bytes could otherwise ask for terabytes. Whoever has large weights may also compute with them.
public final class FoldingBudget {
  /// Elements whatever the network has, half a gigabyte as integers; and so many for each that it brings along.
  private static let base = 1 << 26, perGiven = 16

  private var left = FoldingBudget.base

  /// The one of the import that is under way.
  @TaskLocal public static var current: FoldingBudget?

  public init() {}

  /// Makes room for what is computed from constants of the file.
  public func give(_ elements: Int) { left = Int(Int64(left).addingClamped(Int64(elements).multipliedClamped(by: Int64(Self.perGiven)))) }

  /// Whether there is room for so many more, which they then take.
  public func take(_ elements: Int) -> Bool {
    guard elements <= left else { return false }
    left -= elements
    return true
  }
}
