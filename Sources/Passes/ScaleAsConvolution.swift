import PrefactorGraph
import PrefactorModelFormat

/// Makes the first of several scales and shifts of an image, which no layer could take up, a depthwise convolution of single pixels,
/// which takes up the others and an activation.
public struct ScaleAsConvolution: Pass {
  public func run(_ graph: inout Graph) throws {
    let shapes = try SampledShapes(graph)
    let useCounts = graph.useCounts
    let steps = graph.nodes.map { shapes.rank($0.output) == 4 ? ScaleAndShift($0, graph, shapes) : nil }
    var indices: [Value: Int] = [:]
    for (index, step) in steps.enumerated() where step != nil { indices[graph.nodes[index].output] = index }
    for second in steps.compactMap({ $0 }) where useCounts[second.input] == 1 {
      guard let index = indices[second.input], let first = steps[index], indices[first.input] == nil, first.clamp.isNone else { continue }
      let channels = first.scale.count
      graph.nodes[index].inputs = [
        first.input, graph.addConstant(Tensor([channels, 1, 1, 1], first.scale)), graph.addConstant(Tensor([channels], first.shift)),
      ]
      var convolution = Convolution()
      convolution.groups = Int32(channels)
      graph.nodes[index].operation = .convolution(convolution)
    }
  }
}
