import PrefactorGraph
import PrefactorLinearAlgebra
import PrefactorModelFormat

extension FactorizationPlan {
  /// For each layer the method whose chain has the fewest multiply-adds, at the smallest ranks that keep a share of the
  /// weights' energy (their sum of squares), or of what stands for it in the metrics of layers, given by their indices;
  /// none where no chain has fewer than the layer itself.
  public static func keeping(
    energy: Double, in graph: Graph, binding: Binding, metrics: [Int: [ErrorMetric]] = [:],
    progress: Progress = { _, _, _ in }
  ) throws -> FactorizationPlan {
    guard energy > 0, energy <= 1 else {
      throw PlanError(reason: "an energy of \(energy) is not allowed; accepted: above 0, up to 1")
    }
    let shapes = try graph.shapes(binding)
    var plan = FactorizationPlan()
    for (index, layer) in graph.layers.enumerated() {
      progress(layer.name, index, graph.layers.count)
      guard let dense = graph.denseLayer(index), let node = graph.node(ofLayer: index),
        let input = graph.nodes[node].inputs[0]
      else {
        continue
      }
      do {
        plan.choices[layer.name] = try dense.cheapestChoice(keeping: energy, in: metrics[index], input: shapes[input]!)
      } catch let error as LinearAlgebraError {
        throw PlanError(layer: layer.name, reason: "its weights cannot be factored: \(error)")
      }
    }
    return plan
  }

  /// The layers that it may factor, by their indices.
  public static func layersWithSpectra(in graph: Graph) -> [Int] {
    graph.layers.indices.filter { index in graph.denseLayer(index).map { !$0.spectralMethods.isEmpty } ?? false }
  }
}

extension DenseLayer {
  /// Depthwise layers have fewer multiplies when they are factored, and take longer.
  fileprivate var spectralMethods: [any SpectralMethod] {
    if groups > 1 && self[.channel] == 1 { return [] }
    return methods.compactMap { $0 as? any SpectralMethod }.filter { $0.refusal(ofPartsOf: self) == nil }
  }

  fileprivate func cheapestChoice(keeping energy: Double, in metrics: [ErrorMetric]?, input: Shape) throws
    -> FactorizationPlan.Choice
  {
    var best = FactorizationPlan.Choice.none
    var fewest = try [asFactor].multiplyAdds(input: input)
    for method in spectralMethods {
      let method = method.with(try method.ranks(of: self, keeping: energy, in: metrics))
      let multiplyAdds = try method.chain(forPartsOf: self).multiplyAdds(input: input)
      guard multiplyAdds < fewest else { continue }
      fewest = multiplyAdds
      best = FactorizationPlan.Choice(method, of: self)
    }
    return best
  }
}
