import CPrefactor

extension Operation {
  /// How many operands the operation takes, those that are left out included. Only a concatenation takes any number, so
  /// that whatever looks at each operand of a step together with each other one takes no longer than the file is large.
  public var operandCounts: ClosedRange<Int> {
    switch self {
    case .convolution: 2...5
    case .fullyConnected: 2...3
    case .matrixProduct, .binary, .gather: 2...2
    case .affine: 3...3
    case .concatenation: 1...Int.max
    case .sizes: 0...0
    case .pool, .responseNormalization, .unary, .softmax, .slice, .padding, .transpose, .reshape, .expansion, .tile,
      .resize, .depthToSpace,
      .reduction, .argMax, .cast:
      1...1
    }
  }

  func checkOperandCount(_ count: Int) throws(Failure) {
    let taken = operandCounts
    guard !taken.contains(count) else { return }
    if taken.lowerBound == taken.upperBound {
      throw Failure(PF_ERROR_BAD_MODEL, "has # inputs where its operation takes #", count, taken.lowerBound)
    }
    if taken.upperBound == Int.max {
      throw Failure(PF_ERROR_BAD_MODEL, "has # inputs where its operation takes # or more", count, taken.lowerBound)
    }
    throw Failure(
      PF_ERROR_BAD_MODEL, "has # inputs where its operation takes # to #", wide: Int64(count), Int64(taken.lowerBound),
      Int64(taken.upperBound))
  }
}
