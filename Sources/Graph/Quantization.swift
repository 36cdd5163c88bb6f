import PrefactorModelFormat

/// Which real numbers the integers of a value stand for:
///
///     real = scale · (integer - zero point)
///
/// as in ONNX's QuantizeLinear and DequantizeLinear (opset 13). One scale and one zero point are of all elements, or
/// there is one of each for every index along an axis. No operation computes with them yet: those that move elements
/// move integers, and what becomes of them has a quantization of its own.
public struct Quantization: Encodable, Equatable, Sendable {
  /// Positive and finite.
  public var scales: [Float]
  /// As many, each of them a number of the value's type; 0 where that is int32.
  public var zeroPoints: [Int32]
  /// Nil for all elements.
  public var axis: Int?

  public init(scales: [Float], zeroPoints: [Int32], axis: Int? = nil) {
    (self.scales, self.zeroPoints, self.axis) = (scales, zeroPoints, axis)
  }

  public init(scale: Float, zeroPoint: Int32 = 0) { self.init(scales: [scale], zeroPoints: [zeroPoint]) }

  /// The same of a value whose axis `newAxis(i)` is what was axis i.
  public func moved(to newAxis: (Int) -> Int) -> Quantization {
    Quantization(scales: scales, zeroPoints: zeroPoints, axis: axis.map(newAxis))
  }
}

/// A quantization that its value cannot have.
public struct QuantizationError: Error, CustomStringConvertible {
  public var description: String
}

extension Graph {
  /// Inputs, constants, and what nodes compute.
  public var values: Set<Value> { Set(inputs.map(\.value) + constants.keys + nodes.map(\.output)) }

  /// That each quantization is one that a file may have. What the sizes of the network's inputs decide, a session finds
  /// out.
  func checkQuantizations() throws {
    if quantizations.isEmpty { return }
    let shapes = try symbolicShapes()
    for (value, quantization) in quantizations.sorted(by: { $0.key.index < $1.key.index }) {
      let problem = shapes[value].map { quantization.problem($0) } ?? "it does not exist"
      if let problem {
        throw QuantizationError(
          description: "value '\(names[value] ?? "\(value.index)")' cannot be quantized: \(problem)")
      }
    }
  }
}

extension Quantization {
  /// Why a value of this shape cannot have it.
  fileprivate func problem(_ shape: SymbolicShape) -> String? {
    guard let range = shape.type.zeroPoints else { return "its type is \(shape.type)" }
    if scales.isEmpty { return "there are no scales" }
    if let axis {
      guard shape.dims.indices.contains(axis) else { return "it has no axis \(axis)" }
      if let size = shape[axis].constant, size != scales.count {
        return "there are \(scales.count) scales for \(size) indices along axis \(axis)"
      }
    } else if scales.count != 1 {
      return "there are \(scales.count) scales and no axis"
    }
    if zeroPoints.count != scales.count {
      return "there are \(scales.count) scales and \(zeroPoints.count) zero points"
    }
    if let scale = scales.first(where: { !$0.isFinite || $0 <= 0 }) { return "\(scale) is no scale" }
    if let zeroPoint = zeroPoints.first(where: { !range.contains($0) }) {
      return "\(shape.type) has no zero point \(zeroPoint)"
    }
    return nil
  }
}
