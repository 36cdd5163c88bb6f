import PrefactorGraph
import PrefactorModelFormat

/// Applies the activation behind a max pool before it, where it can become the bounds of the operation that computes
/// the pool's input: both keep the order of numbers.
public struct ActivateBeforePool: Pass {
  public func run(_ graph: inout Graph) {
    let producers = graph.producers
    let useCounts = graph.useCounts
    func soleProducer(_ index: Int) -> Int? {
      guard let input = graph.nodes[index].inputs[0], useCounts[input] == 1 else { return nil }
      return producers[input]
    }
    for index in graph.nodes.indices {
      guard case .unary(let unary)? = graph.nodes[index].fixedOperation, unary.clamp != nil,
        let poolIndex = soleProducer(index), case .pool(let pool)? = graph.nodes[poolIndex].fixedOperation,
        pool.kind == .maximum, pool.window.meetsTheImage, let sourceIndex = soleProducer(poolIndex),
        graph.nodes[sourceIndex].fixedOperation?.clamp != nil
      else { continue }
      let poolNode = graph.nodes[poolIndex]
      graph.nodes[poolIndex].take(over: graph.nodes[index])
      graph.nodes[index].take(over: poolNode)
    }
  }
}

extension Window {
  /// Whether each has a pixel of the image, as where taps lie side by side, since the padding is less than they are.
  /// One that has none gives -∞, which an activation before the pool would leave as it is.
  fileprivate var meetsTheImage: Bool { dilationHeight == 1 && dilationWidth == 1 }
}

extension Node {
  /// Computes what another node does, between its own input and output.
  fileprivate mutating func take(over other: Node) {
    (name, operation, layer) = (other.name, other.operation, other.layer)
  }
}
