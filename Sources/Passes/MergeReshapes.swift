import PrefactorGraph
import PrefactorModelFormat

/// Makes a reshape of a reshape read the first one's input.
public struct MergeReshapes: Pass {
  public func run(_ graph: inout Graph) {
    let producers = graph.producers
    for index in graph.nodes.indices {
      guard case .reshape(let second) = graph.nodes[index].operation, let middle = graph.nodes[index].inputs[0],
        let producer = producers[middle], case .reshape(let first) = graph.nodes[producer].operation,
        let merged = second.applied(after: first)
      else { continue }
      graph.nodes[index].operation = .reshape(merged)
      graph.nodes[index].inputs[0] = graph.nodes[producer].inputs[0]
    }
  }
}

extension Reshape {
  /// One reshape for two; nil where this one repeats a dimension that the first one infers.
  fileprivate func applied(after first: Reshape) -> Reshape? {
    var merged = self
    for axis in 0..<Int(rank) {
      guard let copied = Reshape.copiedAxis(dims[axis]) else { continue }
      if first.dims[copied] == Reshape.inferred { return nil }
      merged.dims[axis] = first.dims[copied]
    }
    return merged
  }
}
