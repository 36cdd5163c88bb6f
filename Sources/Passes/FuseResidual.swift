import PrefactorGraph
import PrefactorModelFormat

/// Makes what is added to a convolution's output the convolution's residual input.
public struct FuseResidual: Pass {
  public func run(_ graph: inout Graph) throws {
    let shapes = try SymbolicShapes(graph)
    graph.mergePairs { convolution, node, inputIndex, graph in
      guard case .binary(let binary)? = node.fixedOperation, binary.function == .add,
        case .convolution(var attributes)? = convolution.fixedOperation, attributes.clamp.isNone,
        !convolution.hasResidual,
        let residual = node.inputs[1 - inputIndex], graph.constants[residual] == nil,
        shapes.areEqual(residual, convolution.output)
      else { return nil }
      attributes.clamp = binary.clamp
      var merged = convolution
      merged.operation = .convolution(attributes)
      merged.inputs = [convolution.inputs[0], convolution.inputs[1], convolution.optionalInput(2), residual]
      return merged
    }
  }
}

extension Node {
  func optionalInput(_ index: Int) -> Value? { index < inputs.count ? inputs[index] : nil }

  var hasResidual: Bool { optionalInput(3) != nil }
}
