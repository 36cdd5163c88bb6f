import PrefactorEngine
import PrefactorGraph
import PrefactorModelFormat

extension Importer {
  /// Has a node append its operations to the graph. What follows from constants alone is computed then by the runtime,
  /// as far as the budget allows, and the operations are taken away again.
  func lowered(_ node: NodeImport, _ lower: OperatorHandler.Lower) throws -> [Operand] {
    let (nodes, layers, uncounted, before) = (graph.nodes.count, graph.layers.count, uncountedLayers.count, appended)
    let outputs = try lower(node)
    guard nodes < graph.nodes.count else { return outputs }
    let inputs = node.inputs.compactMap { $0 }
    let computed = outputs.filter { $0.elements == nil }
    let isConstant = inputs.allSatisfy(\.isConstant)
    guard isConstant,
      FoldingBudget.current?.take(appended.elements - before.elements, work: appended.work - before.work) ?? true
    else {
      for output in computed { output.unfolded = isConstant ? .tooLarge : Unfolded(inputs) }
      return outputs
    }
    let values = Array(Set(computed.compactMap(\.value)))
    let tensors = Dictionary(uniqueKeysWithValues: zip(values, try evaluate(values, from: nodes)))
    // A file rather has the operations than a much larger result, which may be needed as a constant nevertheless.
    let given = inputs.map { input -> Int in
      if let value = input.value, knownValues[value] != nil { return 0 }
      return input.constant?.count ?? 0
    }
    let isStored = FoldingBudget.mayStore(clampedSum(tensors.values.map(\.count)), from: given)
    if isStored {
      graph.nodes.removeSubrange(nodes...)
      graph.layers.removeSubrange(layers...)
      uncountedLayers.removeSubrange(uncounted...)
    } else {
      knownValues.merge(tensors) { $1 }
    }
    return outputs.map { output in
      guard output.elements == nil, let value = output.value, let tensor = tensors[value] else { return output }
      return Operand(shape: output.shape, elements: .numbers(tensor), value: isStored ? nil : value)
    }
  }

  private func evaluate(_ values: [Value], from node: Int) throws -> [Tensor] {
    do { return try graph.computed(values, by: graph.nodes[node...], from: knownValues) } catch {
      throw ONNXError("\(error)")
    }
  }
}
