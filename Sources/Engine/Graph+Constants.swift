import PrefactorGraph

extension Graph {
  /// What nodes compute from constants alone, by the runtime. `known` has what other nodes compute.
  public func computed(_ values: [Value], by nodes: some Sequence<Node>, from known: [Value: Tensor] = [:]) throws
    -> [Tensor]
  {
    if values.isEmpty { return [] }
    var part = Graph()
    part.nodes = Array(nodes)
    for index in part.nodes.indices { part.nodes[index].layer = nil }
    for case let input? in part.nodes.flatMap(\.inputs) { part.constants[input] = constants[input] ?? known[input] }
    part.outputs = values
    for value in values { part.names[value] = "\(value.index)" }
    part.removeUnused()
    return try Engine(graph: part).run([])
  }
}
