import PrefactorGraph
import PrefactorModelFormat

/// Has the layers behind an order of channels, or those in front of it, keep their weights in that order, so that no
/// channel moves. What lies between treats channels alike, as activations and pools do, or has numbers for each, which
/// are reordered too.
public struct FoldChannelOrders: Pass {
  public init() {}

  public func run(_ graph: inout Graph) throws {
    let shapes = try SymbolicShapes(graph)
    for output in graph.nodes.map(\.output) {
      // As it is now: what it reads may have been an order that is gone.
      guard let node = graph.nodes.first(where: { $0.output == output }), let order = graph.channelOrder(node, shapes)
      else { continue }
      let edits = graph.editsBehind(node, order, shapes) ?? graph.editsInFront(of: node, order, shapes)
      guard let edits else { continue }
      for edit in edits { graph.reorder(edit) }
      graph.replaceUses(of: node.output, with: node.inputs[0]!)
      graph.nodes.removeAll { $0.output == node.output }
    }
  }
}

/// Constants of a node whose axis has the channels, to be put in another order: element i becomes what was `order[i]`.
/// Or, of a gather, places to be numbered anew: i becomes `order[i]`.
private struct Edit {
  var node: Value
  var inputs: [(index: Int, axis: Int)]
  var order: [Int]
  var isNumbering = false
}

/// What a node does about the order of the channels it reads or gives.
private enum Role {
  /// Takes it into its weights.
  case absorbs
  /// Takes it into the places that it gathers channels from.
  case gathers
  /// Does the same to channels in any order, once these constants are in that order.
  case passes([(index: Int, axis: Int)])
  /// The same, making so many channels of each.
  case multiplies([(index: Int, axis: Int)], Int)
  case flattens
}

extension Graph {
  /// The places that the channels of a node's output come from, if it does nothing but reorder them.
  fileprivate func channelOrder(_ node: Node, _ shapes: SymbolicShapes) -> [Int]? {
    guard case .gather(let gather)? = node.fixedOperation, let input = node.inputs[0], let indices = constant(node, 1),
      Int(gather.axis) == shapes.rank(input) - 1, let channels = shapes.fixedSize(input, Int(gather.axis)),
      channels == indices.count
    else { return nil }
    let order = indices.int64s.map { Int($0 < 0 ? $0 + Int64(channels) : $0) }
    return order.sorted() == Array(0..<channels) ? order : nil
  }

  /// Along the only way that leads on from the node, to a layer that reads all channels.
  fileprivate func editsBehind(_ node: Node, _ order: [Int], _ shapes: SymbolicShapes) -> [Edit]? {
    var edits: [Edit] = []
    var value = node.output
    var inverse = order
    for (index, source) in order.enumerated() { inverse[source] = index }
    while let reader = onlyReader(of: value) {
      guard let role = role(of: reader, reading: value, rank: shapes.rank(value)) else { return nil }
      switch role {
      case .absorbs:
        let axis = constant(reader, 1)!.dims.count - 1
        return edits + [Edit(node: reader.output, inputs: [(1, axis)], order: inverse)]
      case .gathers:
        var forward = inverse
        for (place, index) in inverse.enumerated() { forward[index] = place }
        return edits + [Edit(node: reader.output, inputs: [(1, 0)], order: forward, isNumbering: true)]
      case .passes(let inputs):
        edits.append(Edit(node: reader.output, inputs: inputs, order: inverse))
      case .multiplies(let inputs, let count):
        inverse = inverse.flatMap { channel in (0..<count).map { channel * count + $0 } }
        edits.append(Edit(node: reader.output, inputs: inputs, order: inverse))
      case .flattens:
        guard let size = shapes.fixedSize(reader.output, shapes.rank(reader.output) - 1), size % inverse.count == 0
        else { return nil }
        let channels = inverse
        inverse = (0..<size).map { $0 / channels.count * channels.count + channels[$0 % channels.count] }
      }
      value = reader.output
    }
    return nil
  }

  /// Along the only way that leads to the node, from a layer that gives all channels.
  fileprivate func editsInFront(of node: Node, _ order: [Int], _ shapes: SymbolicShapes) -> [Edit]? {
    var edits: [Edit] = []
    var value = node.inputs[0]!
    let producers = producers
    while onlyReader(of: value) != nil, let index = producers[value] {
      let producer = nodes[index]
      guard let input = producer.inputs[0], let role = role(of: producer, reading: input, rank: shapes.rank(input))
      else { return nil }
      switch role {
      case .absorbs:
        if producer.inputs.count > 3, producer.inputs[3] != nil { return nil }
        return edits + [Edit(node: producer.output, inputs: [(1, 0), (2, 0)], order: order)]
      case .gathers: return edits + [Edit(node: producer.output, inputs: [(1, 0)], order: order)]
      case .passes(let inputs): edits.append(Edit(node: producer.output, inputs: inputs, order: order))
      case .multiplies, .flattens: return nil
      }
      value = input
    }
    return nil
  }

  private func onlyReader(of value: Value) -> Node? {
    let readers = nodes.filter { $0.inputs.contains(value) }
    return readers.count == 1 && !outputs.contains(value) ? readers[0] : nil
  }

  private func role(of node: Node, reading value: Value, rank: Int) -> Role? {
    guard node.inputs[0] == value, node.inputs.count(where: { $0 == value }) == 1 else { return nil }
    switch node.fixedOperation {
    case .fullyConnected: return .absorbs
    case .convolution(let convolution):
      if convolution.groups == 1 { return .absorbs }
      let hasResidual = node.inputs.count > 3 && node.inputs[3] != nil
      guard let weights = constant(node, 1), weights.dims[3] == 1, !hasResidual else { return nil }
      let count = weights.dims[0] / Int(convolution.groups)
      return count == 1 ? .passes([(1, 0), (2, 0)]) : .multiplies([(1, 0), (2, 0)], count)
    case .gather(let gather): return Int(gather.axis) == rank - 1 && constant(node, 1) != nil ? .gathers : nil
    case .unary, .pool: return .passes([])
    case .affine: return .passes([(1, 0), (2, 0)])
    case .reduction(let reduction): return reduction.axes >> Int32(rank - 1) & 1 == 0 ? .passes([]) : nil
    case .reshape: return .flattens
    default: return nil
    }
  }

  fileprivate mutating func reorder(_ edit: Edit) {
    guard let index = nodes.firstIndex(where: { $0.output == edit.node }) else { return }
    for (input, axis) in edit.inputs where input < nodes[index].inputs.count {
      guard let tensor = constant(nodes[index], input) else { continue }
      if tensor.type == .int64 {
        let places = tensor.int64s
        let count = Int64(edit.order.count)
        let changed =
          edit.isNumbering
          ? places.map { Int64(edit.order[Int($0 < 0 ? $0 + count : $0)]) } : edit.order.map { places[$0] }
        nodes[index].inputs[input] = addConstant(Tensor([changed.count], changed))
      } else {
        nodes[index].inputs[input] = addConstant(tensor.reordered(axis, edit.order))
      }
    }
  }
}

extension Tensor {
  /// With element i of an axis what was `order[i]`.
  fileprivate func reordered(_ axis: Int, _ order: [Int]) -> Tensor {
    let inner = dims[(axis + 1)...].reduce(1, *)
    let row = order.count * inner
    let values = floats
    let reordered = values.indices.map { index -> Float in
      let place = order[index % row / inner]
      return values[index / row * row + place * inner + index % inner]
    }
    return Tensor(dims, reordered)
  }
}
