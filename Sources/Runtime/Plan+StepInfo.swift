import CPrefactor
import KernelContract
import PrefactorModelFormat

/// What a step says of itself to whoever looks for where time goes.
extension Plan {
  func kernel(of step: Step) -> StaticString {
    step.isView ? "view" : step.isFused ? "fused" : step.operation.kernel(inputShapes(step), step.algorithm)
  }

  package func activationBytes(of step: Step) -> Int64 {
    var bytes = Int64(shapes[step.output]?.bytes ?? 0)
    for position in 0..<step.inputCount {
      if let value = input(step, position), !storages[value].isConstant, let shape = shapes[value] {
        bytes += Int64(shape.bytes)
      }
    }
    return bytes
  }

  /// What has to be moved at the least: inputs, constants as they lie in the file, and the output.
  func bytesMoved(by step: Step, _ node: ModelFile.Node, output: Shape) throws(Failure) -> Int64 {
    // A slice reads what it gives and no more.
    if case .slice = step.operation { return 2 * Int64(output.bytes) }
    var bytes = Int64(output.bytes)
    for position in 0..<step.inputCount {
      guard let value = file.operand(node, position), let shape = shapes[value] else { continue }
      bytes += Int64(try file.value(value).contents?.count ?? shape.bytes)
    }
    return bytes
  }
}

extension Operation {
  fileprivate func kernel(_ inputs: InputShapes, _ algorithm: pf_algorithm) -> StaticString {
    switch self {
    case .convolution(let attributes): attributes.weightsLayout(inputs) == .tapsFirst ? "depthwise" : algorithm.name
    case .fullyConnected, .matrixProduct: "direct"
    case .responseNormalization: "lrn"
    case .reduction: "reduce"
    case .concatenation, .slice, .gather, .padding, .expansion, .tile, .reshape, .depthToSpace: "copy"
    default: name
    }
  }
}
