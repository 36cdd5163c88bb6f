import PrefactorGraph

// Sizes that a model computes as double or float16 numbers are computed as float32 ones here: Ceil(h * 0.3) at 50 is 16
// in float32 and 15 in double. That is only done where it can make no difference.

/// How float32 numbers differ from those of a model.
enum Rounding: Comparable {
  case float32
  /// They stand for numbers of another type, and are the same.
  case exact
  /// They may be others, and so may integers that follow from them.
  case other
}

extension NodeImport {
  /// The outputs of a node that was computed at import, with how they were rounded.
  func rounded(_ outputs: [Operand]) throws -> [Operand] {
    let floats = inputs.compactMap { $0 }.filter { $0.type == .float32 }
    var rounding = max(floats.map(\.rounding).max() ?? .float32, castRounding)
    if rounding == .exact, !(floats + outputs).allSatisfy(\.isShort) { rounding = .other }
    for output in outputs where rounding != .float32 {
      if output.type == .float32 {
        output.rounding = rounding
      } else {
        try checkRounding(rounding)
      }
    }
    return outputs
  }

  /// Throws where sizes that follow from rounded numbers may be others than the model's.
  func checkRounding(_ rounding: Rounding) throws {
    if rounding == .other {
      throw ONNXError(
        """
        sizes that follow from numbers of another floating-point type than float32, which are rounded otherwise, are \
        not supported
        """
      )
    }
  }
}

extension Operand {
  /// Whether all elements are multiples of 1/16 below 2¹⁴. Sums, products, quotients and roots of such numbers whose
  /// float32 result is again one are exact: if they were not, they would miss it by more than float32's rounding.
  fileprivate var isShort: Bool {
    symbolic?.elements.allSatisfy { element in
      guard let number = element.float else { return true }
      if let constant = number.constant { return abs(constant) < 0x1p14 && (constant * 16).rounded() == constant * 16 }
      return number.fraction != nil
    } ?? true
  }
}
