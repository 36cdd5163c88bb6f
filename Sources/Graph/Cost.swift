import PrefactorModelFormat

/// What a layer costs: multiply-adds for one image, bytes of its weights and biases.
public struct Cost: Equatable {
  public var macs = 0, bytes = 0
  public init(macs: Int = 0, bytes: Int = 0) {
    self.macs = macs
    self.bytes = bytes
  }
  /// Stays at the largest number: a file may say of the same layer often that it is large.
  public static func + (left: Cost, right: Cost) -> Cost {
    Cost(macs: clampedSum([left.macs, right.macs]), bytes: clampedSum([left.bytes, right.bytes]))
  }
}

extension Graph {
  /// What each layer costs as it is now.
  public func layerCosts() throws(ShapeError) -> [Cost] {
    let shapes = try shapes(referenceBinding)
    var costs = [Cost](repeating: Cost(), count: layers.count)
    for node in nodes { if let layer = node.layer { costs[layer] = costs[layer] + cost(of: node, shapes) } }
    return costs
  }

  public func cost(of node: Node, _ shapes: [Value: Shape]) -> Cost {
    var cost = Cost()
    if let output = shapes[node.output] {
      cost.macs = node.operation.multiplyAdds(node.inputs.map { $0.flatMap { shapes[$0] } }, output: output)
    }
    for (position, input) in node.inputs.enumerated() {
      // Others are lists of places and sizes.
      guard let input, let constant = constants[input], constant.type == .float32 else { continue }
      let layout = layout(of: node, position, shapes).storing(weightsType)
      cost.bytes += constant.count * layout.storedType(constant.type).size
    }
    return cost
  }
}

/// A sum of counts that a file may make as large as it likes; the largest number instead of one beyond it.
public func clampedSum(_ counts: some Sequence<Int>) -> Int {
  counts.reduce(0) { Int(Int64($0).addingClamped(Int64($1))) }
}
