import CPrefactor

/// Why something could not be done. Carried through the runtime as a value, because it may not allocate; made into a
/// message for `pf_error` at the C boundary.
public struct Failure: Error, @unchecked Sendable {
  public var status: pf_status
  /// A sentence in which each `#` stands for the next of the numbers, and each `@` for the next of the names.
  public var reason: StaticString
  /// Of 64 bits, since counts of work and bytes may be larger than an Int of 32 bits.
  public var numbers: (Int64, Int64, Int64)
  /// Texts of the program or of the model's file, which has to be there for as long as someone may want the message.
  public var names: (UnsafePointer<CChar>, UnsafePointer<CChar>, UnsafePointer<CChar>) = (none, none, none)
  /// The step of the graph, or -1 where none is at fault.
  public var node: Int

  public init(_ status: pf_status, _ reason: StaticString, _ first: Int = 0, _ second: Int = 0, node: Int = -1) {
    self.init(status, reason, wide: Int64(first), Int64(second), node: node)
  }

  public init(
    _ status: pf_status, _ reason: StaticString, wide first: Int64, _ second: Int64 = 0, _ third: Int64 = 0,
    node: Int = -1
  ) {
    self.status = status
    self.reason = reason
    numbers = (first, second, third)
    self.node = node
  }

  private static var none: UnsafePointer<CChar> { ("" as StaticString).cString }

  public func number(_ index: Int) -> Int64 { index == 0 ? numbers.0 : index == 1 ? numbers.1 : numbers.2 }
  public func name(_ index: Int) -> UnsafePointer<CChar> { index == 0 ? names.0 : index == 1 ? names.1 : names.2 }

  /// The same failure, said of these.
  public func naming(
    _ first: UnsafePointer<CChar>, _ second: UnsafePointer<CChar>? = nil, _ third: UnsafePointer<CChar>? = nil
  ) -> Failure {
    var failure = self
    failure.names = (first, second ?? Failure.none, third ?? Failure.none)
    return failure
  }

  /// The same failure, said of a step of the graph.
  public func at(node: Int) -> Failure {
    var failure = self
    failure.node = node
    return failure
  }
}
