import Foundation
import PrefactorModelFormat

/// The derivative at each element; where a function bends, that of one of the sides, and at a bound, as everywhere, the
/// constant's.
struct UnaryRule: Rule {
  let unary: Unary

  var inputsRead: [Int] { [0] }

  func pullBack(_ step: BackwardStep) {
    guard let adjoint = step.adjoint(0) else { return }
    let (alpha, beta) = (unary.alpha, unary.beta)
    /// A copy of the loop for each function.
    @inline(__always)
    func add(_ derivative: (Float) -> Float) {
      let sums = adjoint.values
      let terms = step.outputAdjoint.values
      let input = step.inputs[0]!
      for index in 0..<adjoint.count { sums[index] += terms[index] * derivative(input[index]) }
    }
    switch unary.function {
    case .relu: add { $0 > 0 ? 1 : 0 }
    case .leakyRelu: add { $0 > 0 ? 1 : alpha }
    case .clip: add { $0 > alpha && $0 < beta ? 1 : 0 }
    case .hardSigmoid: add { alpha * $0 + beta > 0 && alpha * $0 + beta < 1 ? alpha : 0 }
    case .hardSwish: add { $0 <= -3 ? 0 : $0 >= 3 ? 1 : $0 / 3 + 0.5 }
    case .elu: add { $0 > 0 ? 1 : alpha * expf($0) }
    case .selu: add { beta * ($0 > 0 ? 1 : alpha * expf($0)) }
    case .softsign: add { 1 / ((1 + abs($0)) * (1 + abs($0))) }
    case .abs: add { $0 > 0 ? 1 : -1 }
    case .negate: add { _ in -1 }
    case .reciprocal: add { -1 / ($0 * $0) }
    case .sqrt: add { 0.5 / $0.squareRoot() }
    case .exp: add { expf($0) }
    case .log: add { 1 / $0 }
    case .sigmoid: add { Float(sigmoid(Double($0)) * sigmoid(-Double($0))) }
    case .tanh: add { Float(1 - square(tanh(Double($0)))) }
    case .softplus: add { Float(sigmoid(Double($0))) }
    case .mish: add { Float(mishDerivative(Double($0))) }
    case .gelu: add { Float(normalDistribution(Double($0)) + Double($0) * normalDensity(Double($0))) }
    case .geluTanh: add { Float(approximateGELUDerivative(Double($0))) }
    case .erf: add { Float(2 / Double.pi.squareRoot() * exp(-square(Double($0)))) }
    case .copy, nil: add { _ in 1 }
    }
  }
}

private func square(_ x: Double) -> Double { x * x }

private func sigmoid(_ x: Double) -> Double { 1 / (1 + exp(-x)) }

private func normalDistribution(_ x: Double) -> Double { 0.5 * (1 + erf(x * 0.5.squareRoot())) }

private func normalDensity(_ x: Double) -> Double { exp(-0.5 * x * x) / (2 * Double.pi).squareRoot() }

/// Of x·tanh(softplus(x)).
private func mishDerivative(_ x: Double) -> Double {
  let t = tanh(max(x, 0) + log1p(exp(-abs(x))))
  return t + x * (1 - t * t) * sigmoid(x)
}

/// Of x/2·(1 + tanh(u)), u = √(2/π)·(x + 0.044715x³).
private func approximateGELUDerivative(_ x: Double) -> Double {
  let root = (2 / Double.pi).squareRoot()
  let t = tanh(root * (x + 0.044715 * x * x * x))
  return 0.5 * (1 + t) + 0.5 * x * (1 - t * t) * root * (1 + 3 * 0.044715 * x * x)
}
