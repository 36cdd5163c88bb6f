import PrefactorModelFormat

extension ElementType {
  /// As `CaseIterable` would give them; the runtime, which allocates nothing, cannot have that.
  public static let all = (1...16).compactMap(ElementType.init(rawValue:))
  /// Those that no kernel computes with.
  public static let onlyMoved = all.filter { $0 != .float32 && $0 != .int64 }
}
