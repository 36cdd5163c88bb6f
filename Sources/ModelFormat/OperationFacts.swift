/// What holds for an operation whatever its attributes are.
public struct OperationFacts {
  public let code: OperationCode
  /// For people.
  public let name: StaticString
  /// How many operands the operation takes, those that are left out included. Only a concatenation takes any number, so
  /// that whatever looks at each operand of a step together with each other one takes no longer than the file is large.
  public let operands: ClosedRange<Int>
  /// The attribute words that are float32 numbers; the others are integers.
  public let floatWords: Range<Int>

  fileprivate init(
    _ code: OperationCode, _ name: StaticString, operands: ClosedRange<Int> = 1...1, floatWords: Range<Int> = 0..<0
  ) {
    (self.code, self.name, self.operands, self.floatWords) = (code, name, operands, floatWords)
  }
}

extension Operation {
  public var facts: OperationFacts {
    switch self {
    case .convolution: OperationFacts(.convolution, "convolution", operands: 2...5, floatWords: 12..<14)
    case .fullyConnected: OperationFacts(.fullyConnected, "fully-connected", operands: 2...3, floatWords: 0..<2)
    case .matrixProduct: OperationFacts(.matrixProduct, "matrix-product", operands: 2...2)
    case .pool: OperationFacts(.pool, "pool")
    case .responseNormalization:
      OperationFacts(.responseNormalization, "response-normalization", floatWords: 1..<4)
    case .unary: OperationFacts(.unary, "unary", floatWords: 1..<3)
    case .binary: OperationFacts(.binary, "binary", operands: 2...2, floatWords: 1..<3)
    case .softmax: OperationFacts(.softmax, "softmax")
    case .affine: OperationFacts(.affine, "affine", operands: 3...3, floatWords: 0..<2)
    case .concatenation: OperationFacts(.concatenation, "concatenation", operands: 1...Int.max)
    case .slice: OperationFacts(.slice, "slice")
    case .padding: OperationFacts(.padding, "padding", floatWords: 1..<2)
    case .transpose: OperationFacts(.transpose, "transpose")
    case .reshape: OperationFacts(.reshape, "reshape")
    case .expansion: OperationFacts(.expansion, "expansion")
    case .tile: OperationFacts(.tile, "tile")
    case .gather: OperationFacts(.gather, "gather", operands: 2...2)
    case .resize: OperationFacts(.resize, "resize", floatWords: 5..<7)
    case .depthToSpace: OperationFacts(.depthToSpace, "depth-to-space")
    case .reduction: OperationFacts(.reduction, "reduction")
    case .argMax: OperationFacts(.argMax, "arg-max")
    case .cast: OperationFacts(.cast, "cast")
    case .sizes: OperationFacts(.sizes, "sizes", operands: 0...0)
    }
  }

  public var code: OperationCode { facts.code }
  public var name: StaticString { facts.name }
  public var operandCounts: ClosedRange<Int> { facts.operands }

  /// Whether an attribute word is a float32 number.
  public func isFloat(word: Int) -> Bool { facts.floatWords.contains(word) }
}
