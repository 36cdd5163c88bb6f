import PrefactorEngine
import PrefactorGraph
import PrefactorModelFormat

/// Gradients of a network's output with respect to some of its constants.
///
/// The forward pass is the runtime's own: an engine computes the graph, with the values that gradients need as further
/// outputs. So fill the inputs of ``engine``, call ``forward()`` once, and then ``backward(from:)`` as often as there
/// are gradients wanted of that run. Memory for all of it is taken once, at the beginning.
public final class Backpropagation {
  /// Its inputs are those of the graph, and its first output is the one that gradients are of. The others are of no
  /// interest.
  public let engine: Engine
  /// In an order that does not change.
  public let parameters: [Value]

  private let steps: [BackwardStep]
  private let outputAdjoint: Adjoint
  private let parameterAdjoints: [Value: Adjoint]
  /// Of the constants that rules read.
  private let constants: [Value: FloatBuffer]

  /// - Parameters:
  ///   - parameters: float32 constants, such as weights and biases.
  ///   - output: what gradients are of; nil for the ``Graph/logits(of:)`` of the network's last output.
  ///   - binding: sizes that the graph leaves open; nil for one image of the preprocessing's size.
  public init(_ graph: Graph, parameters: Set<Value>, output: Value? = nil, binding: Binding? = nil, threads: Int = 1)
    throws
  {
    guard let output = output ?? graph.outputs.last.map({ graph.logits(of: $0) }) else {
      throw GradientError("the network has no output")
    }
    for parameter in parameters where graph.constants[parameter]?.type != .float32 {
      throw GradientError(
        "'\(graph.names[parameter] ?? "\(parameter.index)")' is not a float32 constant, so it cannot be a parameter")
    }
    let graph = try graph.bound(binding ?? graph.referenceBinding)
    let shapes = try graph.shapes(graph.referenceBinding)
    let path = Path(graph, from: parameters, to: output)
    let rules = try path.nodes.map { try graph.nodes[$0].rule(in: graph, shapes, path) }

    var forward = ForwardPass(graph, output)
    for (index, rule) in zip(path.nodes, rules) { forward.read(graph.nodes[index], by: rule) }
    let engine = try forward.engine(threads: threads)
    func values(_ value: Value) -> UnsafePointer<Float>? {
      forward.position(of: value).map { engine.outputFloats($0).baseAddress! }
        ?? forward.constants[value].map { UnsafePointer($0.values) }
    }
    var adjoints: [Value: Adjoint] = [:]
    for value in path.values.union(parameters).union([output]) {
      adjoints[value] = Adjoint(count: shapes[value]!.count)
    }
    steps = zip(path.nodes, rules).map { index, rule in
      let node = graph.nodes[index]
      return BackwardStep(
        rule: rule,
        inputs: node.inputs.enumerated().map { position, value in
          rule.inputsRead.contains(position) ? value.flatMap(values) : nil
        },
        output: rule.readsOutput ? values(node.output) : nil,
        inputAdjoints: node.inputs.map { $0.flatMap { adjoints[$0] } },
        outputAdjoint: adjoints[node.output]!)
    }
    self.engine = engine
    self.parameters = parameters.sorted { $0.index < $1.index }
    outputAdjoint = adjoints[output]!
    parameterAdjoints = adjoints.filter { parameters.contains($0.key) }
    constants = forward.constants
  }

  /// Runs the network on what is in the engine's inputs.
  public func forward() throws { try engine.run() }

  public var outputDims: [Int] { engine.outputs[0].dims }

  /// What the last run gave: until the next one, or until an input is written.
  public var output: UnsafeBufferPointer<Float> { engine.outputFloats(0) }

  /// Computes the gradient of Σ output · weights, for weights laid out like the output, at the last run. That has to be
  /// still there: no input may have been written since.
  public func backward(from weights: [Float]) {
    precondition(weights.count == outputAdjoint.count)
    for adjoint in parameterAdjoints.values { adjoint.reset() }
    for step in steps { step.outputAdjoint.reset() }
    for step in steps { for adjoint in step.inputAdjoints { adjoint?.reset() } }
    outputAdjoint.reset()
    outputAdjoint.add(weights)
    for step in steps.reversed() { step.rule.pullBack(step) }
  }

  /// With respect to one of the parameters, laid out like it, by the last ``backward(from:)``: until the next.
  public func gradient(of parameter: Value) -> UnsafeBufferPointer<Float> {
    let adjoint = parameterAdjoints[parameter]!
    return UnsafeBufferPointer(start: adjoint.values, count: adjoint.count)
  }
}

extension Node {
  fileprivate func rule(in graph: Graph, _ shapes: [Value: Shape], _ path: Path) throws -> any Rule {
    let site = Site(
      inputs: inputs.map { $0.flatMap { shapes[$0] } }, output: shapes[output]!,
      constants: inputs.map { $0.flatMap { graph.constants[$0] } },
      isWanted: inputs.map { $0.map(path.values.contains) ?? false })
    guard let rule = try operation.rule(site) else {
      throw GradientError(node: name, "the gradient cannot come back through the operation \(operation.name)")
    }
    return rule
  }
}
