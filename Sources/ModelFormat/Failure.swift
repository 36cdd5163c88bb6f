import CPrefactor

/// Why something could not be done. Carried through the runtime as a value, because it may not allocate; made into a message
/// for `pf_error` at the C boundary.
public struct Failure: Error {
  public var status: pf_status
  /// A sentence in which the first three `#` stand for `numbers`, and the first and second `@` for `names`.
  public var reason: StaticString
  /// Of 64 bits, since counts of work and bytes may be larger than an Int of 32 bits.
  public var numbers: (Int64, Int64, Int64)
  public var names: (StaticString, StaticString) = ("", "")
  /// The step of the graph, or -1 where none is at fault.
  public var node: Int

  public init(_ status: pf_status, _ reason: StaticString, _ first: Int = 0, _ second: Int = 0, node: Int = -1) {
    self.init(status, reason, wide: Int64(first), Int64(second), node: node)
  }

  public init(_ status: pf_status, _ reason: StaticString, wide first: Int64, _ second: Int64 = 0, _ third: Int64 = 0, node: Int = -1) {
    self.status = status
    self.reason = reason
    numbers = (first, second, third)
    self.node = node
  }

  /// The same failure, said of a step of the graph.
  public func at(node: Int) -> Failure {
    var failure = self
    failure.node = node
    return failure
  }
}
