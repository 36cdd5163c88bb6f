import PrefactorGraph
import PrefactorModelFormat

/// Drops nodes whose output is their first input: the same elements, which stand for the same numbers.
public struct RemoveIdentities: Pass {
  public func run(_ graph: inout Graph) throws {
    let shapes = try SymbolicShapes(graph)
    let besideReshapes = try SymbolicShapes(besideReshapes: graph)
    var index = 0
    while index < graph.nodes.count {
      let node = graph.nodes[index]
      let isReshape = if case .reshape = node.operation { true } else { false }
      if graph.isIdentity(node, isReshape ? besideReshapes : shapes), graph.bypassNode(at: index) { continue }
      index += 1
    }
  }
}

extension Graph {
  fileprivate func isIdentity(_ node: Node, _ shapes: SymbolicShapes) -> Bool {
    guard let input = node.inputs.first ?? nil, shapes.areEqual(input, node.output),
      quantizations[input] == quantizations[node.output]
    else { return false }
    let axes = 0..<shapes.rank(input)
    // Of a slice with sizes that are computed, no step is.
    if case .slice(let slice) = node.operation, node.bindings.allSatisfy({ $0.word < 16 }) {
      return axes.allSatisfy { slice.steps[$0] == 1 }
    }
    switch node.operation {
    case .reshape, .expansion, .tile, .cast, .reduction:
      return true
    default: break
    }
    switch node.fixedOperation {
    case .transpose(let transpose):
      return Permutation(transpose, rank: axes.count).isIdentity
    case .unary(let unary):
      return unary.function == .copy
    case .binary(let binary):
      guard binary.clamp.isNone, let operand = constant(node, 1), operand.type == .float32,
        let neutral = binary.rightNeutralElement
      else { return false }
      return operand.floats.allSatisfy { $0 == neutral }
    case .padding(let padding):
      return axes.allSatisfy { padding.before[$0] == 0 && padding.after[$0] == 0 }
    case .concatenation:
      return node.inputs.count == 1
    default:
      return false
    }
  }

  /// Removes a node whose output is its first input. False where it has to stay as a copy, because an output of the
  /// network cannot also be an input, a constant or another output.
  fileprivate mutating func bypassNode(at index: Int) -> Bool {
    let input = nodes[index].inputs[0]!
    let output = nodes[index].output
    if !outputs.contains(output) {
      nodes.remove(at: index)
      replaceUses(of: output, with: input)
      return true
    }
    guard !outputs.contains(input), let producer = nodes.firstIndex(where: { $0.output == input }) else { return false }
    nodes.remove(at: index)
    replaceUses(of: input, with: output)
    nodes[producer].output = output
    return true
  }
}

extension Binary {
  /// x with x ∘ x₀ = x for all x.
  fileprivate var rightNeutralElement: Float? {
    switch function {
    case .add, .subtract: 0
    case .multiply, .divide, .power: 1
    default: nil
    }
  }
}
