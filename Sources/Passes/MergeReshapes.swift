import PrefactorGraph
import PrefactorModelFormat

/// Makes a reshape of a reshape read the first one's input.
public struct MergeReshapes: Pass {
  public func run(_ graph: inout Graph) throws {
    let shapes = try SymbolicShapes(besideReshapes: graph)
    let producers = graph.producers
    for index in graph.nodes.indices {
      guard let middle = graph.nodes[index].inputs.first ?? nil, let producer = producers[middle],
        let merged = graph.nodes[index].reshape(after: graph.nodes[producer]),
        let input = graph.nodes[producer].inputs[0],
        // Otherwise there are sizes that the first one refuses.
        shapes.count(input) == shapes.count(middle)
      else { continue }
      (graph.nodes[index].operation, graph.nodes[index].bindings) = (merged.operation, merged.bindings)
      graph.nodes[index].inputs[0] = input
    }
  }
}

extension Node {
  /// One reshape for two; nil where this one repeats a dimension that the first one infers.
  fileprivate func reshape(after first: Node) -> Attributes? {
    guard case .reshape(let own) = operation, case .reshape(let earlier) = first.operation else { return nil }
    var merged = own
    var bindings = bindings
    for axis in 0..<Int(own.rank) where !self.bindings.contains(where: { $0.word == 1 + axis }) {
      guard let copied = Reshape.copiedAxis(own.dims[axis]) else { continue }
      if let bound = first.bindings.first(where: { $0.word == 1 + copied }) {
        merged.dims[axis] = 0
        bindings.append(AttributeBinding(word: 1 + axis, expression: bound.expression))
      } else if earlier.dims[copied] == Reshape.inferred {
        return nil
      } else {
        merged.dims[axis] = earlier.dims[copied]
      }
    }
    return Attributes(operation: .reshape(merged), bindings: bindings.sorted { $0.word < $1.word })
  }
}
