import PrefactorGraph
import PrefactorModelFormat

extension Graph {
  /// The order of axes in which each value is read, behind operations that work in any order, where all readers agree.
  /// Nothing is known of outputs of the network, which may be transposed last, nor of what is reshaped, where often
  /// another way is found.
  func wantedOrders(_ shapes: SymbolicShapes) -> [Value: Permutation] {
    var orders: [Value: Set<Permutation>] = [:]
    var undecided = Set(outputs)
    for node in nodes {
      if case .reshape = node.operation, let input = node.inputs[0] { undecided.insert(input) }
    }
    func agreed(_ value: Value) -> Permutation? {
      guard !undecided.contains(value), let orders = orders[value], orders.count == 1 else { return nil }
      return orders.first
    }

    for node in nodes.reversed() {
      for case let input? in node.inputs.prefix(node.operation.tensorInputs) {
        let identity = Permutation.identity(shapes.rank(input))
        let order = agreed(node.output).flatMap { $0.rank == identity.rank ? $0 : nil }
        if case .transpose(let transpose) = node.operation {
          orders[input, default: []].insert(
            (order ?? identity).followed(by: Permutation(transpose, rank: identity.rank).inverse))
        } else if node.permuted(by: order ?? identity) == nil {
          orders[input, default: []].insert(identity)
        } else if let order {
          orders[input, default: []].insert(order)
        }
      }
    }
    return Dictionary(uniqueKeysWithValues: orders.keys.compactMap { value in agreed(value).map { (value, $0) } })
  }
}
