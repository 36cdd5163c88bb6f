import PrefactorGraph
import PrefactorModelFormat

/// Makes scales and shifts that follow each other, and that no layer could take up, one operation.
public struct FuseAffine: Pass {
  public func run(_ graph: inout Graph) throws {
    let shapes = try SymbolicShapes(graph)
    graph.mergePairs { producer, node, _, graph in
      guard let second = AffineConstants(node, graph, shapes), second.input == producer.output,
        second.scale.count <= Self.mostChannels,
        let first = AffineConstants(producer, graph, shapes), first.clamp.isNone
      else { return nil }
      var operation = Affine()
      operation.clamp = second.clamp
      var merged = node
      merged.operation = .affine(operation)
      merged.inputs = [
        first.input, graph.addConstant(Tensor([first.scale.count], zip(first.scale, second.scale).map(*))),
        graph.addConstant(
          Tensor([first.shift.count], first.shift.indices.map { first.shift[$0] * second.scale[$0] + second.shift[$0] })
        ),
      ]
      return merged
    }
  }

  /// More would be no channels, but single numbers applied to a long axis, which would make the file longer.
  private static let mostChannels = 1 << 16
}
