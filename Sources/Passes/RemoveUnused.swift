import PrefactorGraph

/// Drops nodes and constants that no output needs.
public struct RemoveUnused: Pass {
  public func run(_ graph: inout Graph) {
    graph.removeUnused()
  }
}
