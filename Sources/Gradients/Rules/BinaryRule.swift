import Foundation
import PrefactorModelFormat

/// The partial derivatives at each element of the output, whose products with its adjoint are added up over what was
/// broadcast.
struct BinaryRule: Rule {
  private let function: BinaryFunction?
  private let clamp: Clamp
  private let operands: [Operand]
  private let isLinear: Bool
  /// As large as the output.
  private let terms: FloatBuffer

  private struct Operand {
    /// Nil where the operand has the output's shape.
    let movement: DataMovement?
    /// The operand as large as the output.
    let expanded: FloatBuffer

    init(_ shape: Shape, output: Shape, isRead: Bool) throws {
      movement = shape.count == output.count ? nil : try DataMovement(expanding: shape, to: output)
      expanded = FloatBuffer(count: movement != nil && isRead ? output.count : 0)
    }

    func expand(_ values: UnsafePointer<Float>) -> UnsafePointer<Float> {
      guard let movement else { return values }
      movement.move(values, to: expanded.values)
      return UnsafePointer(expanded.values)
    }

    func add(_ terms: UnsafePointer<Float>, to adjoint: Adjoint) {
      if let movement { movement.addBack(terms, to: [adjoint.values]) } else { adjoint.add(terms) }
    }
  }

  init(_ binary: Binary, _ site: Site) throws {
    let function = binary.function
    let isLinear = function == .add || function == .subtract
    operands = try site.inputs.map { try Operand($0!, output: site.output, isRead: !isLinear) }
    (self.function, self.isLinear) = (function, isLinear)
    clamp = binary.clamp
    terms = FloatBuffer(count: function == .add ? 0 : site.output.count)
  }

  var inputsRead: [Int] { isLinear ? [] : [0, 1] }
  var readsOutput: Bool { !clamp.isNone }

  func pullBack(_ step: BackwardStep) {
    let outputTerms = step.outputAdjoint(within: clamp)
    let count = step.outputAdjoint.count
    if isLinear {
      if let adjoint = step.adjoint(0) { operands[0].add(outputTerms, to: adjoint) }
      guard let adjoint = step.adjoint(1) else { return }
      if function == .add { return operands[1].add(outputTerms, to: adjoint) }
      for index in 0..<count { terms.values[index] = -outputTerms[index] }
      return operands[1].add(terms.values, to: adjoint)
    }
    let left = operands[0].expand(step.inputs[0]!)
    let right = operands[1].expand(step.inputs[1]!)
    for position in 0..<2 {
      guard let adjoint = step.adjoint(position) else { continue }
      for index in 0..<count {
        let (a, b) = (left[index], right[index])
        terms.values[index] = outputTerms[index] * (position == 0 ? derivativeOfLeft(a, b) : derivativeOfRight(a, b))
      }
      operands[position].add(terms.values, to: adjoint)
    }
  }

  /// With respect to a. Of equals the runtime takes the second.
  @inline(__always)
  private func derivativeOfLeft(_ a: Float, _ b: Float) -> Float {
    switch function {
    case .multiply: b
    case .divide: 1 / b
    case .power: b == 0 ? 0 : b * powf(a, b - 1)
    case .maximum: a > b ? 1 : 0
    case .minimum: a < b ? 1 : 0
    case .prelu: a < 0 ? b : 1
    default: 0
    }
  }

  /// With respect to b. A power of 0 is constant where it is differentiable.
  @inline(__always)
  private func derivativeOfRight(_ a: Float, _ b: Float) -> Float {
    switch function {
    case .multiply: a
    case .divide: -a / (b * b)
    case .power: a == 0 ? 0 : powf(a, b) * logf(a)
    case .maximum: a > b ? 0 : 1
    case .minimum: a < b ? 0 : 1
    case .prelu: a < 0 ? a : 0
    case .mask: a == 0 ? 0 : 1
    default: 0
    }
  }
}
