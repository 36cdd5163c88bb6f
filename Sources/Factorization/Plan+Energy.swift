import PrefactorGraph
import PrefactorLinearAlgebra
import PrefactorModelFormat

extension Plan {
  /// For each layer the method whose chain has the fewest multiply-adds, at the smallest ranks that keep a share of the weights' energy
  /// (their sum of squares); none where no chain has fewer than the layer itself.
  public static func keeping(
    energy: Double, in graph: Graph, binding: Binding, progress: Progress = { _, _, _ in }
  ) throws -> Plan {
    guard energy > 0, energy <= 1 else { throw PlanError(reason: "an energy of \(energy); accepted: above 0, up to 1") }
    let shapes = try graph.shapes(binding)
    var plan = Plan()
    for (index, layer) in graph.layers.enumerated() {
      progress(layer.name, index, graph.layers.count)
      guard let dense = graph.denseLayer(index), let node = graph.node(ofLayer: index), let input = graph.nodes[node].inputs[0] else {
        continue
      }
      do {
        plan.choices[layer.name] = try dense.cheapestChoice(keeping: energy, input: shapes[input]!)
      } catch let error as LinearAlgebraError {
        throw PlanError(layer: layer.name, reason: "its weights cannot be factored: \(error)")
      }
    }
    return plan
  }
}

extension DenseLayer {
  fileprivate func cheapestChoice(keeping energy: Double, input: Shape) throws -> Plan.Choice {
    var best = Plan.Choice.none
    var fewest = try [link].multiplyAdds(input: input)
    // Depthwise layers have fewer multiplies when they are factored, and take longer.
    if groups > 1 && self[.channel] == 1 { return best }
    for case let method as any SpectralMethod in methods where method.refusal(ofPartsOf: self) == nil {
      let ranks = try method.ranks(of: self, keeping: energy)
      let multiplyAdds = try method.chain(forPartsOf: self, ranks).multiplyAdds(input: input)
      guard multiplyAdds < fewest else { continue }
      fewest = multiplyAdds
      let values = zip(method.hyperparameters(of: part(0)), ranks).map { ($0.name, Plan.Value.integer($1)) }
      best = Plan.Choice(method: method.name, parameters: Dictionary(uniqueKeysWithValues: values))
    }
    return best
  }
}
