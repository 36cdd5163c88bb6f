import Foundation
import PrefactorGraph
import PrefactorLinearAlgebra
import PrefactorModelFormat

/// Told before each layer that takes time: its name, its place and how many there are. Called by one thread at a time,
/// though layers may be computed side by side.
public typealias Progress = (_ layer: String, _ index: Int, _ count: Int) -> Void

/// Measures what the errors of layers matter, on images.
public protocol Calibration {
  /// For each layer, given by its index in ``Graph/layers``, the metric of that kind for each of its groups.
  func metrics(for layers: [(index: Int, metric: Metric)], in graph: Graph) throws -> [[ErrorMetric]]
}

extension FactorizationPlan {
  /// Replaces each layer by the chain that is planned for it and records what was done in ``Graph/layers``. The whole
  /// plan is checked before anything is computed, and on an error the graph stays as it was. Metrics are those of the
  /// graph as it is given.
  public func apply(to graph: inout Graph, calibration: (any Calibration)? = nil, progress: Progress = { _, _, _ in })
    throws
  {
    let assignments = try assignments(in: graph, hasCalibration: calibration != nil)
    let metrics = try calibration?.metrics(for: assignments.map { ($0.layerIndex, $0.metric) }, in: graph)
    let lock = NSLock()
    var begun = 0
    let factored = try concurrently(assignments.count) { position in
      let assignment = assignments[position]
      let name = graph.layers[assignment.layerIndex].name
      lock.withLock {
        progress(name, begun, assignments.count)
        begun += 1
      }
      let plain = [ErrorMetric](repeating: .frobenius, count: assignment.layer.groups)
      do {
        return try assignment.method.factor(assignment.layer, in: metrics?[position] ?? plain)
      } catch {
        throw PlanError(layer: name, reason: "its weights cannot be factored: \(error)")
      }
    }
    var result = graph
    for (assignment, factored) in zip(assignments, factored) { result.replaceLayer(assignment, factored) }
    result.removeUnused()
    graph = result
  }
}

extension Graph {
  fileprivate mutating func replaceLayer(_ assignment: Assignment, _ factored: FactoredLayer) {
    let index = node(ofLayer: assignment.layerIndex)!
    if let change = factored.biasChange { raiseBias(ofNode: index, by: change) }
    replaceNode(at: index, with: chain(factored, for: nodes[index], method: assignment.method.name))

    layers[assignment.layerIndex].method = assignment.method.name
    layers[assignment.layerIndex].parameters = assignment.choice.parametersJSON
    layers[assignment.layerIndex].relativeError = factored.relativeError
  }

  private mutating func raiseBias(ofNode index: Int, by change: [Double]) {
    let bias = constant(nodes[index], 2)?.floats ?? [Float](repeating: 0, count: change.count)
    if nodes[index].inputs.count == 2 { nodes[index].inputs.append(nil) }
    nodes[index].inputs[2] = addConstant(Tensor([bias.count], zip(bias, change).map { Float(Double($0) + $1) }))
  }

  /// The nodes that take a layer's node's place.
  private mutating func chain(_ factored: FactoredLayer, for node: Node, method: String) -> [Node] {
    let name = "\(node.name)/\(method)"
    var chain: [Node] = []
    var value = node.inputs[0]!
    for (position, (factor, weights)) in zip(factored.factors, factored.weights).enumerated() {
      let factorName = "\(name)-\(position + 1)"
      if let order = factored.inputOrders[position] {
        let ordered = makeValue()
        chain.append(orderNode(value, order, to: ordered, name: "\(factorName)-inputs", layer: node.layer))
        value = ordered
      }
      if position == factored.factors.count - 1 { break }
      let output = makeValue()
      chain += nodesOfFactor(factor, weights, value, to: output, name: factorName, layer: node.layer)
      value = output
    }
    return chain + lastNodes(factored, value, for: node, name: name)
  }

  /// The last factor, with the layer's bias, residual and clamp. Where the chain's outputs have another order than the
  /// layer's, so has the bias; a residual, which has the layer's order, is added after the outputs have been put into
  /// theirs.
  private mutating func lastNodes(_ factored: FactoredLayer, _ input: Value, for node: Node, name: String) -> [Node] {
    var factor = factored.factors.last!
    precondition(factor.parallel == 1)
    let weights = addConstant(factored.weights.last!)
    var rest = Array(node.inputs.dropFirst(2))
    let factorName = "\(name)-\(factored.factors.count)"
    guard let order = factored.outputOrder else {
      return [
        Node(
          name: factorName, operation: factor.operation, inputs: [input, weights] + rest, output: node.output,
          layer: node.layer)
      ]
    }

    if let bias = constant(node, 2) { rest[0] = addConstant(Tensor(bias.dims, order.map { bias.floats[$0] })) }
    let residual = rest.count > 1 ? rest[1] : nil
    var sum = Binary(.add)
    if residual != nil {
      sum.clamp = factor.clamp
      factor.clamp = Clamp()
    }
    let unordered = makeValue()
    let ordered = residual == nil ? node.output : makeValue()
    var places = order
    for (place, filter) in order.enumerated() { places[filter] = place }
    var nodes = [
      Node(
        name: factorName, operation: factor.operation, inputs: [input, weights] + rest.prefix(1), output: unordered,
        layer: node.layer)
    ]
    nodes.append(orderNode(unordered, places, to: ordered, name: "\(name)-outputs", layer: node.layer))
    if let residual {
      nodes.append(
        Node(
          name: "\(name)-residual", operation: .binary(sum), inputs: [ordered, residual], output: node.output,
          layer: node.layer))
    }
    return nodes
  }

  private mutating func nodesOfFactor(
    _ factor: Factor, _ weights: Tensor, _ input: Value, to output: Value, name: String, layer: Int?
  ) -> [Node] {
    guard factor.parallel > 1 else {
      return [
        Node(
          name: name, operation: factor.operation, inputs: [input, addConstant(weights)], output: output, layer: layer)
      ]
    }
    let floats = weights.floats
    let count = floats.count / factor.parallel
    var nodes = (0..<factor.parallel).map { index in
      let part = Tensor(factor.weightDims, Array(floats[index * count..<(index + 1) * count]))
      return Node(
        name: "\(name).\(index + 1)", operation: factor.operation, inputs: [input, addConstant(part)],
        output: makeValue(), layer: layer)
    }
    nodes.append(
      Node(
        name: name, operation: .concatenation(.ofChannels), inputs: nodes.map(\.output), output: output, layer: layer))
    return nodes
  }

  /// After it, channel i of an image is the one that was at `order[i]`.
  private mutating func orderNode(_ input: Value, _ order: [Int], to output: Value, name: String, layer: Int?) -> Node {
    var gather = Gather()
    gather.axis = Int32(channelAxis)
    let places = addConstant(Tensor([order.count], order.map(Int64.init)))
    return Node(name: name, operation: .gather(gather), inputs: [input, places], output: output, layer: layer)
  }
}

/// Of an image.
private let channelAxis = 3

extension Concatenation {
  fileprivate static var ofChannels: Concatenation {
    var result = Concatenation()
    result.axis = Int32(channelAxis)
    return result
  }
}
