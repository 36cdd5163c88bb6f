import CPrefactor
import KernelContract
import PrefactorModelFormat

/// The rules of each operation; a file in this folder has those of one. Every operation has exactly one output.
extension Operation {
  /// The output's shape, or why the operation cannot be applied to such inputs. Nothing is trusted here: attributes and
  /// shapes come from the file.
  public func outputShape(_ inputs: InputShapes) throws(Failure) -> Shape {
    try uncheckedOutputShape(inputs).checked()
  }

  /// What the operation's own rule says. It may still be too large.
  private func uncheckedOutputShape(_ inputs: InputShapes) throws(Failure) -> Shape {
    switch self {
    case .convolution(let attributes): try attributes.outputShape(inputs)
    case .fullyConnected(let attributes): try attributes.outputShape(inputs)
    case .matrixProduct: try MatrixProduct.outputShape(inputs)
    case .pool(let attributes): try attributes.outputShape(inputs)
    case .responseNormalization(let attributes): try attributes.outputShape(inputs)
    case .unary(let attributes): try attributes.outputShape(inputs)
    case .binary(let attributes): try attributes.outputShape(inputs)
    case .softmax(let attributes): try attributes.outputShape(inputs)
    case .affine(let attributes): try attributes.outputShape(inputs)
    case .concatenation(let attributes): try attributes.outputShape(inputs)
    case .slice(let attributes): try attributes.outputShape(inputs)
    case .padding(let attributes): try attributes.outputShape(inputs)
    case .transpose(let attributes): try attributes.outputShape(inputs)
    case .reshape(let attributes): try attributes.outputShape(inputs)
    case .expansion(let attributes): try attributes.outputShape(inputs)
    case .tile(let attributes): try attributes.outputShape(inputs)
    case .gather(let attributes): try attributes.outputShape(inputs)
    case .resize(let attributes): try attributes.outputShape(inputs)
    case .depthToSpace(let attributes): try attributes.outputShape(inputs)
    case .reduction(let attributes): try attributes.outputShape(inputs)
    case .argMax(let attributes): try attributes.outputShape(inputs)
    case .cast(let attributes): try attributes.outputShape(inputs)
    case .sizes(let attributes): try attributes.outputShape(inputs)
    }
  }

  /// Multiply-adds of a convolution or product with these shapes, which have been checked; 0 for the rest.
  public func multiplyAdds(_ inputs: InputShapes, output: Shape) -> Int64 {
    switch self {
    case .convolution(let attributes): attributes.multiplyAdds(inputs, output: output)
    case .fullyConnected(let attributes): attributes.multiplyAdds(inputs, output: output)
    case .matrixProduct: MatrixProduct.multiplyAdds(inputs, output: output)
    default: 0
    }
  }

  /// How a constant input lies in the file.
  public func layout(ofInput index: Int, _ inputs: InputShapes) -> ConstantLayout {
    guard index == 1 else { return .plain }
    switch self {
    case .convolution(let attributes): return attributes.weightsLayout(inputs)
    case .fullyConnected: return .panels(groups: 1)
    default: return .plain
    }
  }

  /// Whether a constant in this layout will do for an input.
  func takes(_ constant: ConstantLayout, asInput index: Int, _ inputs: InputShapes) -> Bool {
    if case .convolution(let attributes) = self, index == Convolution.transformedWeights {
      guard case .transformed(_, let groups) = constant else { return false }
      return groups == attributes.groups
    }
    let layout = layout(ofInput: index, inputs)
    return constant == layout || constant == layout.storing(.float16)
  }

  /// Whether input `index` has to be a constant.
  public func requiresConstant(input index: Int) -> Bool {
    switch self {
    case .convolution: index == 1 || index == 2 || index == Convolution.transformedWeights
    case .fullyConnected: index == 1 || index == 2
    case .gather: index == 1
    default: false
    }
  }

  /// Whether the output may take the place of input `index` in memory, when nobody else needs that any more and both
  /// are of one size.
  func mayOverwrite(input index: Int) -> Bool {
    switch self {
    case .unary, .softmax, .affine: index == 0
    case .binary: true
    default: false
    }
  }

  func needs(_ inputs: InputShapes, output: Shape, _ chooser: AlgorithmChooser) -> OperatorNeeds {
    switch self {
    case .convolution(let attributes): attributes.needs(inputs, output: output, chooser)
    case .fullyConnected(let attributes): attributes.needs(inputs, output: output, chooser.kernels)
    case .matrixProduct: MatrixProduct.needs(inputs, output: output, chooser.kernels)
    case .resize(let attributes): attributes.needs(output: output)
    case .gather: Gather.needs(inputs)
    default: OperatorNeeds()
    }
  }

  /// Fills the step's own memory; called once, before the first run, if the operator asked for any.
  func prepare(_ context: StepContext) {
    if case .convolution(let attributes) = self { attributes.prepare(context) }
  }

  func run(_ context: StepContext) {
    if context.output.shape.count == 0 { return }
    switch self {
    case .convolution(let attributes): attributes.run(context)
    case .fullyConnected(let attributes): attributes.run(context)
    case .matrixProduct: MatrixProduct.run(context)
    case .pool(let attributes): attributes.run(context)
    case .responseNormalization(let attributes): attributes.run(context)
    case .unary(let attributes): attributes.run(context)
    case .binary(let attributes): attributes.run(context)
    case .softmax(let attributes): attributes.run(context)
    case .affine(let attributes): attributes.run(context)
    case .concatenation(let attributes): attributes.run(context)
    case .slice(let attributes): attributes.run(context)
    case .padding(let attributes): attributes.run(context)
    case .transpose(let attributes): attributes.run(context)
    case .reshape(let attributes): attributes.run(context)
    case .expansion(let attributes): attributes.run(context)
    case .tile(let attributes): attributes.run(context)
    case .gather(let attributes): attributes.run(context)
    case .resize(let attributes): attributes.run(context)
    case .depthToSpace(let attributes): attributes.run(context)
    case .reduction(let attributes): attributes.run(context)
    case .argMax(let attributes): attributes.run(context)
    case .cast(let attributes): attributes.run(context)
    case .sizes(let attributes): attributes.run(context)
    }
  }
}
