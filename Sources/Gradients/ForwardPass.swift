import PrefactorEngine
import PrefactorGraph

/// A graph whose outputs are the values that rules read.
struct ForwardPass {
  /// Those of the values that are constants.
  private(set) var constants: [Value: FloatBuffer] = [:]
  private let graph: Graph
  private var values: [Value] = []
  private var positions: [Value: Int] = [:]

  init(_ graph: Graph, _ output: Value) {
    self.graph = graph
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
      positions[value] = values.count
      values.append(value)
    }
  }

  /// The place among the engine's outputs of a value that is one.
  func position(of value: Value) -> Int? { positions[value] }

  func engine(threads: Int) throws -> Engine {
    var options = EngineOptions()
    options.threads = threads
    return try Engine(graph: graph.computing(values), options: options)
  }
}
