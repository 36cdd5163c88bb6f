import PrefactorGraph
import PrefactorModelFormat

/// Makes a multiplication, division, addition or subtraction of a constant for each channel, such as batch
/// normalization consists of, part of the weights and bias of the convolution or fully-connected layer before or behind
/// it.
public struct FoldAffine: Pass {
  public func run(_ graph: inout Graph) throws {
    let shapes = try SymbolicShapes(graph)
    graph.mergePairs { producer, node, _, graph in
      if let step = AffineConstants(node, graph, shapes), let layer = LinearLayer(producer, graph), layer.clamp.isNone,
        !producer.hasResidual
      {
        return layer.followed(by: step).node(&graph)
      }
      if let step = AffineConstants(producer, graph, shapes), let layer = LinearLayer(node, graph), step.clamp.isNone,
        node.inputs[0] == producer.output, step.isScale || layer.hasNoPads
      {
        return layer.preceded(by: step).node(&graph)
      }
      return nil
    }
  }
}
