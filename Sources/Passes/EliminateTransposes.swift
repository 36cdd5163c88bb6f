import PrefactorGraph
import PrefactorModelFormat

/// Moves transposes towards the outputs, through every operation that can do its work in another order of axes, until
/// they meet their inverses. A network of images then runs channels-last from end to end.
public struct EliminateTransposes: Pass {
  public func run(_ graph: inout Graph) throws {
    var rewriter = try TransposeRewriter(graph)
    for node in graph.nodes { rewriter.rewrite(node) }
    graph = rewriter.finish()
  }
}

/// Rebuilds a network without its transposes: each only changes how its result is seen. One is carried out where an
/// operation needs its input in an order that has not been computed yet. The axes of quantizations are turned with
/// their values. A transpose whose output has another quantization than its input stays: a view has that of its value.
struct TransposeRewriter {
  /// A transpose that has not been carried out.
  struct View: Hashable {
    var stored: Value
    var permutation: Permutation
  }

  var graph: Graph
  let shapes: SymbolicShapes
  private let wantedOrders: [Value: Permutation]
  /// What the values of the original network have become, where that is not simply the same value.
  private var views: [Value: View] = [:]
  private var carriedOut: [View: Value] = [:]

  init(_ graph: Graph) throws {
    shapes = try SymbolicShapes(graph)
    wantedOrders = graph.wantedOrders(shapes)
    self.graph = graph
    self.graph.nodes = []
  }

  func view(_ value: Value) -> View {
    views[value] ?? View(stored: value, permutation: .identity(shapes.rank(value)))
  }

  mutating func rewrite(_ node: Node) {
    switch node.operation {
    case .transpose(let transpose) where keepsQuantization(node, transpose):
      var view = view(node.inputs[0]!)
      view.permutation = view.permutation.followed(by: Permutation(transpose, rank: view.permutation.rank))
      views[node.output] = view
    case .reshape(let reshape):
      rewrite(node, reshape)
    default:
      let order = cheapestOrder(node)
      if let permuted = node.permuted(by: order) {
        let count = node.operation.tensorInputs
        let inputs =
          node.inputs.prefix(count).map { $0.map { stored($0, as: order, for: node.name) } }
          + node.inputs.dropFirst(count)
        append(node, permuted, inputs, seenAs: order.dropping(node.operation.drops))
      } else {
        let inputs = node.inputs.map { $0.map { stored($0, as: .identity(shapes.rank($0)), for: node.name) } }
        append(node, node.attributes, inputs, seenAs: .identity(shapes.rank(node.output)))
      }
    }
  }

  /// Whether the output of a transpose has the quantization of its input.
  private func keepsQuantization(_ node: Node, _ transpose: Transpose) -> Bool {
    let places = Permutation(transpose, rank: shapes.rank(node.output)).inverse
    return graph.quantizations[node.inputs[0]!]?.moved { places[$0] } == graph.quantizations[node.output]
  }

  /// Appends what becomes of a node, whose output is a view of the new operation's.
  mutating func append(_ node: Node, _ attributes: Attributes, _ inputs: [Value?], seenAs permutation: Permutation) {
    var changed = node
    (changed.operation, changed.bindings, changed.inputs) = (attributes.operation, attributes.bindings, inputs)
    if permutation.isIdentity {
      graph.nodes.append(changed)
    } else {
      let stored = graph.makeValue()
      changed.output = stored
      graph.nodes.append(changed)
      graph.quantizations[stored] = graph.quantizations[node.output]?.moved { permutation[$0] }
      views[node.output] = View(stored: stored, permutation: permutation)
    }
  }

  /// The order with the fewest transposes of the inputs, and of the output as those that read it want it.
  private func cheapestOrder(_ node: Node) -> Permutation {
    let values = node.inputs.compactMap { $0 }
    let rank = values.map(shapes.rank).max() ?? 0
    let views = values.filter { graph.constants[$0] == nil }.map(view).filter { $0.permutation.rank == rank }
    let wanted = wantedOrders[node.output].flatMap { $0.rank == rank ? $0 : nil }
    func cost(_ order: Permutation) -> Int {
      let inputs = views.count { view in
        let needed = view.reordered(to: order)
        return !needed.permutation.isIdentity && carriedOut[needed] == nil
      }
      return inputs + (wanted == nil || wanted == order ? 0 : 1)
    }
    // Of equals, the first: what is wanted, and then what is permuted already, for it may meet the inverse later.
    let orders = [wanted].compactMap { $0 } + views.map(\.permutation).filter { !$0.isIdentity } + [.identity(rank)]
    return orders.min { cost($0) < cost($1) }!
  }

  /// A value of which `value` is a view through `order`. Where `order` has more axes, `value` gets axes of size 1 in
  /// front.
  mutating func stored(_ value: Value, as order: Permutation, for name: String) -> Value {
    var view = view(value)
    var isOne = (0..<view.permutation.rank).map { shapes.isOne(value, $0) }
    let missing = order.rank - view.permutation.rank
    if missing > 0 {
      if order.isIdentity { return stored(value, as: .identity(view.permutation.rank), for: name) }
      view = extended(view, by: missing, for: name)
      isOne = Array(repeating: true, count: missing) + isOne
    }
    let sizesOne = view.permutation.inverse.axes.map { isOne[$0] }
    return carryOut(view.reordered(to: order), storedIsOne: sizesOne, name: "\(name).transpose")
  }

  private mutating func extended(_ view: View, by count: Int, for name: String) -> View {
    let stored: Value
    if let tensor = graph.constants[view.stored] {
      stored = graph.addConstant(tensor.reshaped(to: Array(repeating: 1, count: count) + tensor.dims))
    } else {
      let dims = Array(repeating: 1, count: count) + (0..<view.permutation.rank).map { Reshape.copy($0) }
      stored = graph.addNode(.reshape(Reshape(dims)), [view.stored], name: "\(name).reshape")
    }
    graph.quantizations[stored] = graph.quantizations[view.stored]?.moved { $0 + count }
    return View(stored: stored, permutation: view.permutation.extended(by: count))
  }

  private mutating func carryOut(_ view: View, storedIsOne: [Bool], name: String) -> Value {
    if view.permutation.isIdentity { return view.stored }
    if let value = carriedOut[view] { return value }
    let value: Value
    if let tensor = graph.constants[view.stored] {
      value = graph.addConstant(tensor.transposed(view.permutation.axes))
    } else if view.permutation.axes.filter({ !storedIsOne[$0] }).isSorted {
      value = graph.addNode(
        .reshape(Reshape(view.permutation.axes.map { Reshape.copy($0) })), [view.stored], name: name)
    } else {
      value = graph.addNode(.transpose(view.permutation.transpose), [view.stored], name: name)
    }
    graph.quantizations[value] = graph.quantizations[view.stored]?.moved { view.permutation.inverse[$0] }
    carriedOut[view] = value
    return value
  }

  /// The network, with its outputs in their own order of axes.
  mutating func finish() -> Graph {
    for output in Set(graph.outputs).sorted(by: { $0.index < $1.index }) {
      let name = graph.names[output] ?? "output"
      let rank = shapes.rank(output)
      let value = stored(output, as: .identity(rank), for: name)
      if value != output {
        graph.nodes.append(
          Node(name: name, operation: .reshape(.sameShape(rank: rank)), inputs: [value], output: output))
      }
    }
    let values = graph.values
    graph.quantizations = graph.quantizations.filter { values.contains($0.key) }
    return graph
  }
}

extension TransposeRewriter.View {
  /// A view whose result, seen through `order`, is what this one shows.
  func reordered(to order: Permutation) -> Self {
    Self(stored: stored, permutation: permutation.followed(by: order.inverse))
  }
}
