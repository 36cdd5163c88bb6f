import PrefactorEngine
import PrefactorGraph

/// Computes what does not depend on the network's inputs, with the runtime.
public struct FoldConstants: Pass {
  public func run(_ graph: inout Graph) throws {
    let folded = try foldableNodes(graph)
    if folded.isEmpty { return }
    let computed = Set(folded.map { graph.nodes[$0].output })
    let remaining = graph.nodes.indices.filter { !folded.contains($0) }.map { graph.nodes[$0] }
    let wanted = Set(remaining.flatMap { $0.inputs.compactMap { $0 } }).intersection(computed).sorted {
      $0.index < $1.index
    }
    for (value, tensor) in zip(wanted, try graph.computed(wanted, by: folded.sorted().map { graph.nodes[$0] })) {
      graph.constants[value] = tensor
    }
    graph.nodes = remaining
  }

  /// Nodes that read constants only, and no sizes. Those stay whose result would make the file much larger than what it
  /// is computed from, and those that compute an output of the network, which cannot be a constant.
  private func foldableNodes(_ graph: Graph) throws -> Set<Int> {
    let shapes = try SymbolicShapes(graph)
    let outputs = Set(graph.outputs)
    var known = Set(graph.constants.keys)
    var foldable = Set<Int>()
    let budget = FoldingBudget()
    for constant in graph.constants.values { budget.give(constant.count) }
    for (index, node) in graph.nodes.enumerated() {
      let inputs = node.inputs.compactMap { $0 }
      guard node.bindings.isEmpty, known.isSuperset(of: inputs), !outputs.contains(node.output) else { continue }
      let counts = inputs.compactMap { shapes.count($0).constant }
      guard let count = shapes.count(node.output).constant, FoldingBudget.mayStore(count, from: counts),
        budget.take(count, work: shapes.work(node))
      else { continue }
      known.insert(node.output)
      foldable.insert(index)
    }
    return foldable
  }
}
