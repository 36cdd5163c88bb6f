import PrefactorGraph
import PrefactorModelFormat

/// A convolution or fully-connected layer with its weights, [outputs, ..., inputs of a group].
struct LinearLayer {
  private var original: Node
  private var weights: Tensor
  private var bias: [Float]?
  private let groups: Int
  private(set) var clamp: Clamp
  private var input: Value

  init?(_ node: Node, _ graph: Graph) {
    switch node.fixedOperation {
    case .convolution(let convolution): groups = Int(convolution.groups)
    case .fullyConnected: groups = 1
    default: return nil
    }
    guard let input = node.inputs[0], let weights = graph.constant(node, 1) else { return nil }
    original = node
    self.input = input
    self.weights = weights
    bias = graph.constant(node, 2)?.floats
    clamp = node.operation.clamp!
  }

  /// Whether all that it reads are elements of its input.
  var hasNoPads: Bool {
    if case .convolution(let convolution)? = original.fixedOperation { convolution.window.hasNoPads } else { true }
  }

  /// The layer and what is done to its outputs in one.
  func followed(by step: AffineConstants) -> LinearLayer {
    var result = self
    let rowLength = weights.count / step.scale.count
    result.scaleWeights { step.scale[$0 / rowLength] }
    result.bias = step.scale.indices.map { (bias?[$0] ?? 0) * step.scale[$0] + step.shift[$0] }
    result.clamp = step.clamp
    return result
  }

  /// The layer and what is done to its inputs in one.
  func preceded(by step: AffineConstants) -> LinearLayer {
    let outputs = weights.dims[0]
    let groupInputs = weights.dims.last!
    let rowLength = weights.count / outputs
    func channel(_ index: Int) -> Int { index / rowLength * groups / outputs * groupInputs + index % groupInputs }
    var result = self
    result.input = step.input
    result.scaleWeights { step.scale[channel($0)] }
    if !step.isScale {
      let values = weights.floats
      result.bias = (0..<outputs).map { output in
        let shifted = (output * rowLength..<(output + 1) * rowLength).reduce(0.0) {
          $0 + Double(values[$1]) * Double(step.shift[channel($1)])
        }
        return (bias?[output] ?? 0) + Float(shifted)
      }
    }
    return result
  }

  private mutating func scaleWeights(_ scale: (Int) -> Float) {
    let values = weights.floats
    weights = Tensor(weights.dims, values.indices.map { values[$0] * scale($0) })
  }

  /// The node that computes it.
  func node(_ graph: inout Graph) -> Node {
    var node = original
    node.operation = original.operation.clamped(to: clamp)
    node.inputs = [input, graph.addConstant(weights), bias.map { graph.addConstant(Tensor([$0.count], $0)) }]
    if original.hasResidual { node.inputs.append(original.inputs[3]) }
    return node
  }
}
