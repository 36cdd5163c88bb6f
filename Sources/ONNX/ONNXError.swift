/// Why a model cannot be imported or exported: a sentence, which names the node and the operator where one is at fault.
public struct ONNXError: Error, CustomStringConvertible {
  public let description: String

  init(_ description: String) { self.description = description }
}

/// `value` as an attribute in the graph, all of which have 32 bits.
func int32(_ value: Int) throws -> Int32 {
  guard let result = Int32(exactly: value) else { throw ONNXError("\(value) does not fit into 32 bits") }
  return result
}
