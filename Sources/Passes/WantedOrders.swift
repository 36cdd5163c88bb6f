import PrefactorGraph
import PrefactorModelFormat

extension Graph {
  /// The order of axes in which each value is read, where all readers agree. Operations that work in any order hand on what their own
  /// readers want, unless that is just the order they are in: then they do not mind.
  func wantedOrders(_ shapes: SampledShapes) -> [Value: Permutation] {
    var orders: [Value: Set<Permutation>] = [:]
    func agreed(_ value: Value) -> Permutation? { orders[value].flatMap { $0.count == 1 ? $0.first : nil } }

    for output in outputs { orders[output] = [.identity(shapes.rank(output))] }
    for node in nodes.reversed() {
      for case let input? in node.inputs {
        let identity = Permutation.identity(shapes.rank(input))
        let order = agreed(node.output).flatMap { $0.rank == identity.rank ? $0 : nil } ?? identity
        if case .transpose(let transpose) = node.operation {
          orders[input, default: []].insert(order.followed(by: Permutation(transpose, rank: identity.rank).inverse))
        } else if node.operation.permuted(by: order) == nil {
          orders[input, default: []].insert(identity)
        } else if !order.isIdentity {
          orders[input, default: []].insert(order)
        }
      }
    }
    return orders.compactMapValues { $0.count == 1 ? $0.first : nil }
  }
}
