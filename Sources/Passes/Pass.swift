import PrefactorGraph

/// A change of the network that leaves its outputs the same, up to rounding. The network's inputs, its outputs with
/// their names and order, and the layers that nodes belong to survive.
public protocol Pass {
  func run(_ graph: inout Graph) throws
}

/// All passes, in the order in which they run: what brings nodes next to each other before what merges them, and what
/// leaves nodes without a use before what counts uses.
public let simplifications: [any Pass] = [
  FoldConstants(),
  RemoveIdentities(),
  RemoveUnused(),
  EliminateTransposes(),
  MergeReshapes(),
  FlattenIntoWeights(),
  RemoveIdentities(),
  FoldPadding(),
  RemoveUnused(),
  FoldChannelOrders(),
  FoldAffine(),
  FuseAffine(),
  FuseResidual(),
  ActivateBeforePool(),
  FuseActivation(),
  RemoveUnused(),
]

/// Runs all passes until they find no more nodes to remove.
public func simplify(_ graph: inout Graph) throws {
  for _ in 0..<maximumRounds {
    let count = graph.nodes.count
    for pass in simplifications { try pass.run(&graph) }
    if graph.nodes.count == count { return }
  }
}

private let maximumRounds = 5
