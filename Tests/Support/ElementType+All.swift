import PrefactorModelFormat

extension ElementType {
  /// As `CaseIterable` would give them; the runtime, which allocates nothing, cannot have that.
  public static let all = (1...16).compactMap(ElementType.init(rawValue:))
}
