import PrefactorModelFormat

extension Graph {
  /// The part of the network that computes these values, which are its outputs. It says nothing of layers, not all of
  /// which may be left.
  public func computing(_ values: [Value]) -> Graph {
    var result = self
    result.outputDimensions = [:]
    // An input cannot be an output, and does not keep its contents; a copy of it does.
    result.outputs = values.map { value in
      guard inputs.contains(where: { $0.value == value }) else { return value }
      return result.addNode(.unary(Unary(.copy)), [value], name: "copy of \(names[value] ?? "\(value.index)")")
    }
    for value in result.outputs { result.names[value] = "\(value.index)" }
    result.removeUnused()
    result.layers = []
    for index in result.nodes.indices { result.nodes[index].layer = nil }
    return result
  }
}
