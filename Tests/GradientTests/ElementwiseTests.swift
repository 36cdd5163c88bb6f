import PrefactorGraph
import PrefactorModelFormat
import PrefactorTestSupport
import XCTest

final class ElementwiseTests: XCTestCase {
  /// From 0.3 to 1.7 and, with `isSigned`, as far below zero: more than two steps of 1/16 from 0, -0.1, 2 and ±2.5,
  /// where functions bend.
  private func points(_ dims: [Int], isSigned: Bool, seed: Int = 1) -> Tensor {
    let sizes = Tensor.random(dims, seed: seed, in: 0.3...1.7)
    let signs = Tensor.random(dims, seed: seed + 50)
    return Tensor(dims, zip(sizes.floats, signs.floats).map { isSigned && $1 < 0 ? -$0 : $0 })
  }

  /// Fifth derivatives are below 5!/x⁶ for logarithms, roots and reciprocals, of x > 1 here, and below 5! for softsign;
  /// 16 is the most for the others.
  func testUnary() throws {
    let smooth: [UnaryFunction] = [.sigmoid, .tanh, .softplus, .mish, .gelu, .geluTanh, .erf, .exp]
    let pieced: [UnaryFunction] = [
      .relu, .leakyRelu, .elu, .selu, .softsign, .abs, .negate, .copy, .clip, .hardSigmoid,
    ]
    for function in smooth + pieced {
      try assertGradients(of: "\(function.rawValue)", Smoothness(fifthDerivative: 120)) { graph in
        let unary = function == .clip ? Unary(function, alpha: -0.1, beta: 2) : Unary(function, alpha: 0.2, beta: 0.5)
        return graph.add(.unary(unary), graph.variable(points([23], isSigned: true)))
      }
    }
    for function in [UnaryFunction.sqrt, .log, .reciprocal] {
      try assertGradients(of: "\(function.rawValue)", Smoothness(fifthDerivative: 120)) { graph in
        let shifted = Tensor([23], points([23], isSigned: false).floats.map { $0 + 1 })
        return graph.add(.unary(Unary(function)), graph.variable(shifted))
      }
    }
  }

  /// On both sides of the bounds.
  func testBoundedUnary() throws {
    let clip = Unary(.clip, alpha: -0.5, beta: 1)
    let sigmoid = Unary(.hardSigmoid, alpha: 0.5, beta: 0.5)
    let swish = Unary(.hardSwish)
    let cases: [(Unary, [Float])] = [
      (clip, [-2, -0.7, -0.2, 0.7, 1.2]), (sigmoid, [-2, -0.8, 0, 0.8, 2]), (swish, [-4, -2.5, 0, 2, 4]),
    ]
    for (unary, values) in cases {
      try assertGradients { graph in graph.add(.unary(unary), graph.variable(Tensor([5], values))) }
    }
  }

  /// Operands of one shape, and broadcast in every way. Those of maxima and minima are further apart than two steps,
  /// divisors and the bases of powers above 1, where the fifth derivatives of quotients are below 5!·2/b⁶ and those of
  /// powers smaller.
  func testBinary() throws {
    let shapes = [
      ([2, 3, 4], [2, 3, 4]), ([2, 3, 4], [4]), ([3, 1], [2, 1, 4]), ([2, 3, 4], []), ([1], [2, 3]),
      ([2, 1, 2, 3], [1, 3, 1, 1]),
    ]
    let functions: [BinaryFunction] = [
      .add, .subtract, .multiply, .divide, .power, .maximum, .minimum, .prelu, .less, .mask,
    ]
    for function in functions {
      for (left, right) in shapes {
        let smoothness = Smoothness(fifthDerivative: function == .divide || function == .power ? 120 : 0)
        try assertGradients(of: "\(function.rawValue)", smoothness) { graph in
          var first = points(left, isSigned: function != .power)
          var second = points(right, isSigned: false, seed: 2)
          if function == .divide { second = Tensor(right, second.floats.map { $0 + 1 }) }
          if function == .power { first = Tensor(left, first.floats.map { $0 + 1 }) }
          if function == .maximum || function == .minimum || function == .less {
            first = Tensor(left, first.floats.map { ($0 * 3).rounded() / 2 })
            second = Tensor(right, second.floats.map { ($0 * 3).rounded() / 2 + 0.25 })
          }
          return graph.add(.binary(Binary(function)), graph.variable(first), graph.variable(second))
        }
      }
    }
  }

  func testBoundedBinary() throws {
    let sum = with(Binary(.add)) { $0.clamp = .relu }
    try assertGradients { graph in
      let left = graph.variable(Tensor([4], [-1, -0.5, 0.5, 2]))
      let right = graph.variable(Tensor([4], [0.5, 1, -1, 3]))
      return graph.add(.binary(sum), left, right)
    }
  }
}
