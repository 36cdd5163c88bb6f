import PrefactorGraph

/// The part of a graph that leads from some values to another: what a gradient has to come back through.
struct Path {
  /// Indices of nodes, in the graph's order.
  let nodes: [Int]
  /// Those that change with the values at the start and change the one at the end.
  let values: Set<Value>

  init(_ graph: Graph, from start: Set<Value>, to end: Value) {
    var dependent = start
    for node in graph.nodes where node.inputs.contains(where: { $0.map(dependent.contains) ?? false }) {
      dependent.insert(node.output)
    }
    var needed: Set<Value> = [end]
    var nodes: [Int] = []
    for (index, node) in graph.nodes.enumerated().reversed()
    where needed.contains(node.output) && dependent.contains(node.output) {
      needed.formUnion(node.inputs.compactMap { $0 })
      nodes.append(index)
    }
    self.nodes = nodes.reversed()
    values = dependent.intersection(needed)
  }
}
