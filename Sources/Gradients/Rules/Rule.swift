import PrefactorGraph
import PrefactorModelFormat

/// How the gradient with respect to a node's output becomes those with respect to its inputs: the product of a vector
/// with the Jacobian. A rule is made for one node at fixed shapes, and may keep memory for its own use.
protocol Rule {
  /// Positions of inputs whose values it reads.
  var inputsRead: [Int] { get }
  var readsOutput: Bool { get }

  /// Adds to the inputs' adjoints. The output's is not needed afterwards, and may be changed.
  func pullBack(_ step: BackwardStep)
}

extension Rule {
  var inputsRead: [Int] { [] }
  var readsOutput: Bool { false }
}

/// What a rule is made from.
struct Site {
  let inputs: [Shape?]
  let output: Shape
  /// The inputs that are constants.
  let constants: [Tensor?]
  /// The inputs whose gradient is needed.
  let isWanted: [Bool]

  func wants(_ index: Int) -> Bool { index < isWanted.count && isWanted[index] }
}

/// The memory of one node. Values that its rule does not read are nil, and so are adjoints that are not needed.
struct BackwardStep {
  let rule: any Rule
  let inputs: [UnsafePointer<Float>?]
  let output: UnsafePointer<Float>?
  let inputAdjoints: [Adjoint?]
  let outputAdjoint: Adjoint

  func adjoint(_ index: Int) -> Adjoint? { index < inputAdjoints.count ? inputAdjoints[index] : nil }

  /// The output's adjoint before its bounds were applied: none where the output is at one of them. The rule has to read
  /// the output if there are bounds.
  func outputAdjoint(within clamp: Clamp) -> UnsafeMutablePointer<Float> {
    let values = outputAdjoint.values
    if clamp.isNone { return values }
    let output = output!
    // One choice after the other, which become masks; with `&&` there would be a branch for each element.
    for index in 0..<outputAdjoint.count {
      let (place, value) = (output[index], values[index])
      let aboveLow = place > clamp.low ? value : 0
      values[index] = place < clamp.high ? aboveLow : 0
    }
    return values
  }
}

extension Operation {
  /// Nil where none is known.
  func rule(_ site: Site) throws -> (any Rule)? {
    switch self {
    case .convolution(let attributes): ConvolutionRule(attributes, site)
    case .fullyConnected(let attributes): FullyConnectedRule(attributes, site)
    case .matrixProduct: try MatrixProductRule(site)
    case .pool(let attributes): PoolRule(attributes, site)
    case .responseNormalization(let attributes): ResponseNormalizationRule(attributes, site)
    case .unary(let attributes): UnaryRule(unary: attributes)
    case .binary(let attributes): try BinaryRule(attributes, site)
    case .softmax(let attributes): SoftmaxRule(attributes, site)
    case .affine(let attributes): AffineRule(attributes, site)
    case .reshape: ReshapeRule()
    case .concatenation, .slice, .gather, .padding, .transpose, .expansion, .tile: try DataMovementRule(self, site)
    case .reduction(let attributes): try ReductionRule(attributes, site)
    case .resize, .depthToSpace, .argMax, .cast, .sizes: nil
    }
  }
}
