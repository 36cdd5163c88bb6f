import PrefactorGraph
import PrefactorModelFormat

/// Makes a ReLU or clip the bounds of the operation before it.
public struct FuseActivation: Pass {
  public func run(_ graph: inout Graph) {
    graph.mergePairs { producer, node, _, _ in
      guard case .unary(let unary)? = node.fixedOperation, let bounds = unary.clamp,
        let clamp = producer.fixedOperation?.clamp
      else { return nil }
      var merged = producer
      merged.operation = producer.operation.clamped(to: clamp.followed(by: bounds))
      return merged
    }
  }
}

extension Unary {
  /// The bounds that it sets, if it does nothing else.
  var clamp: Clamp? {
    switch function {
    case .relu: .relu
    case .clip: Clamp(low: alpha, high: beta)
    default: nil
    }
  }
}
