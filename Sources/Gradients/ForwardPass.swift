import KernelContract
import PrefactorGraph
import PrefactorModelFormat

/// A graph of which more values are outputs: those that rules read.
struct ForwardPass {
  /// Those that rules read.
  private(set) var constants: [Value: FloatBuffer] = [:]
  private var graph: Graph
  private var positions: [Value: Int] = [:]

  init(_ graph: Graph, _ output: Value) {
    self.graph = graph
    self.graph.outputs = []
    addOutput(output)
  }

  mutating func read(_ node: Node, by rule: any Rule) {
    for position in rule.inputsRead { if let value = node.inputs[position] { addOutput(value) } }
    if rule.readsOutput { addOutput(node.output) }
  }

  private mutating func addOutput(_ value: Value) {
    if let constant = graph.constants[value] {
      if constants[value] == nil { constants[value] = FloatBuffer(constant.floats) }
    } else if positions[value] == nil {
      positions[value] = graph.outputs.count
      graph.outputs.append(computed(value))
    }
  }

  /// A network's input cannot be an output, and does not keep its contents; a copy of it does.
  private mutating func computed(_ value: Value) -> Value {
    guard graph.inputs.contains(where: { $0.value == value }) else { return value }
    return graph.addNode(.unary(Unary(PF_COPY)), [value], name: "copy of \(graph.names[value] ?? "\(value.index)")")
  }

  /// The place among the engine's outputs of a value that is one.
  func position(of value: Value) -> Int? { positions[value] }

  func engine(threads: Int) throws -> Engine {
    var graph = graph
    graph.removeUnused()
    // What became of layers is of no interest to the engine, and not all of them may be left.
    graph.layers = []
    for index in graph.nodes.indices { graph.nodes[index].layer = nil }
    for value in graph.outputs { graph.names[value] = "\(value.index)" }
    var options = EngineOptions()
    options.threads = threads
    return try Engine(graph: graph, options: options)
  }
}
