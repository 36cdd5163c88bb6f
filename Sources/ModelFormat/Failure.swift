import CPrefactor

/// Why something could not be done. Carried through the runtime as a value, because it may not allocate; made into a message
/// for `pf_error` at the C boundary.
public struct Failure: Error {
  public var status: pf_status
  /// A sentence in which the first and second `#` stand for `first` and `second`, and the first and second `@` for `names`.
  public var reason: StaticString
  public var first: Int
  public var second: Int
  public var names: (StaticString, StaticString) = ("", "")
  /// The step of the graph, or -1 where none is at fault.
  public var node: Int

  public init(_ status: pf_status, _ reason: StaticString, _ first: Int = 0, _ second: Int = 0, node: Int = -1) {
    self.status = status
    self.reason = reason
    self.first = first
    self.second = second
    self.node = node
  }

  /// The same failure, said of a step of the graph.
  public func at(node: Int) -> Failure {
    var failure = self
    failure.node = node
    return failure
  }
}
