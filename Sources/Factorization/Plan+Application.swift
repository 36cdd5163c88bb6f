import PrefactorGraph
import PrefactorLinearAlgebra

/// Told before each layer that takes time: its name, its place and how many there are.
public typealias Progress = (_ layer: String, _ index: Int, _ count: Int) -> Void

extension Plan {
  /// Replaces each layer by the chain that is planned for it and records what was done in ``Graph/layers``. The whole plan is checked
  /// before anything is computed, and on an error the graph stays as it was.
  public func apply(to graph: inout Graph, progress: Progress = { _, _, _ in }) throws(PlanError) {
    let assignments = try assignments(in: graph)
    var result = graph
    for (position, assignment) in assignments.enumerated() {
      let name = graph.layers[assignment.layerIndex].name
      progress(name, position, assignments.count)
      do {
        try result.factor(assignment)
      } catch {
        throw PlanError(layer: name, reason: "its weights cannot be factored: \(error)")
      }
    }
    result.removeUnused()
    graph = result
  }
}

extension Graph {
  fileprivate mutating func factor(_ assignment: Assignment) throws(LinearAlgebraError) {
    let factored = try assignment.method.factor(assignment.layer, assignment.values)
    let index = node(ofLayer: assignment.layerIndex)!
    let node = nodes[index]

    var chain: [Node] = []
    var input = node.inputs[0]
    for (position, (link, weights)) in zip(factored.links, factored.weights).enumerated() {
      let isLast = position == factored.links.count - 1
      let weights = addConstant(weights)
      let output = isLast ? node.output : makeValue()
      chain.append(
        Node(
          name: "\(node.name)/\(assignment.method.name)-\(position + 1)", operation: link.operation,
          inputs: [input, weights] + (isLast ? node.inputs.dropFirst(2) : []), output: output, layer: node.layer))
      input = output
    }
    replaceNode(at: index, with: chain)

    layers[assignment.layerIndex].method = assignment.method.name
    layers[assignment.layerIndex].parameters = assignment.choice.parametersJSON
    layers[assignment.layerIndex].relativeError = factored.relativeError
  }
}
