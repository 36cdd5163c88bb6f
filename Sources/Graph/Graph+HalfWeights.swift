import PrefactorModelFormat
import PrefactorRuntime

/// Weights that are too large for half precision.
public struct HalfPrecisionError: Error, CustomStringConvertible {
  public var description: String
}

extension Graph {
  /// Rounds the weights of convolutions and fully-connected layers, but for depthwise ones, to half-precision numbers,
  /// and has them stored as such: in half the memory, from which a layer that waits for its weights gains up to half
  /// its time.
  public mutating func roundWeights() throws {
    let shapes = try shapes(referenceBinding)
    for node in nodes {
      for (position, input) in node.inputs.enumerated() {
        guard let input, let constant = constants[input], layout(of: node, position, shapes).isInPanels
        else { continue }
        let rounded = constant.floats.map { Float(Float16($0)) }
        if let index = rounded.indices.first(where: { rounded[$0].isInfinite && constant.floats[$0].isFinite }) {
          throw HalfPrecisionError(
            description:
              """
              layer '\(node.name)' has a weight of \(constant.floats[index]), beyond half precision's largest, 65504: \
              store fp32 weights
              """
          )
        }
        constants[input] = Tensor(constant.dims, rounded)
      }
    }
    weightsType = .float16
  }

  /// How an input of a node is laid out if it is a constant of float32 numbers.
  func layout(of node: Node, _ position: Int, _ shapes: [Value: Shape]) -> ConstantLayout {
    node.operation.layout(ofInput: position, node.inputs.map { $0.flatMap { shapes[$0] } })
  }
}
