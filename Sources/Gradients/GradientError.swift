/// Why gradients cannot be computed: a sentence, which names the node where one is at fault.
public struct GradientError: Error, CustomStringConvertible {
  public var node: String?
  public var reason: String

  public var description: String { node.map { "layer '\($0)': \(reason)" } ?? reason }

  init(node: String? = nil, _ reason: String) {
    self.node = node
    self.reason = reason
  }
}
