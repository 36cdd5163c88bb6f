import CPrefactor

/// Quantizations say which real numbers the integers of a value stand for: real = scale · (integer - zero point), as in
/// ONNX's DequantizeLinear. Files before version 3 have none.
extension ModelFile {
  public struct Quantization {
    /// Index of the value.
    public let value: Int
    /// The axis with a scale and a zero point for each index; nil where one is of all elements.
    public let axis: Int?
    public let count: Int
    /// In the file's memory.
    public let scales: UnsafePointer<Float>
    public let zeroPoints: UnsafePointer<Int32>
  }

  public func quantization(_ index: Int) -> Quantization {
    let record = record(.quantizations, index)
    let axis = record.int32(Layout.Quantization.axis)
    let offset = 4 * record.index(Layout.Quantization.first)
    return Quantization(
      value: record.index(Layout.Quantization.value), axis: axis < 0 ? nil : Int(axis),
      count: record.index(Layout.Quantization.count),
      scales: (self[.scales].base + offset).assumingMemoryBound(to: Float.self),
      zeroPoints: (self[.zeroPoints].base + offset).assumingMemoryBound(to: Int32.self))
  }

  public func quantization(ofValue value: Int) -> Quantization? {
    for index in 0..<count(.quantizations) {
      let quantization = quantization(index)
      if quantization.value == value { return quantization }
    }
    return nil
  }

  /// That a value of this shape may have it. Dimensions that are not known yet are -1.
  public func check(_ quantization: Quantization, of shape: Shape) throws(Failure) {
    guard let zeroPoints = shape.type.zeroPoints else {
      throw Failure(PF_ERROR_BAD_MODEL, "value # is of type @, whose values are not quantized", quantization.value)
        .naming(shape.type.name.cString)
    }
    let (axis, count) = (quantization.axis ?? -1, quantization.count)
    guard axis < 0 ? count == 1 : count > 0 && axis < shape.rank && (shape[axis] < 0 || shape[axis] == count) else {
      throw Failure(
        PF_ERROR_BAD_MODEL, "value # has # scales, not one, or one for each index along an axis of it",
        quantization.value, count)
    }
    for index in 0..<count {
      let scale = quantization.scales[index]
      guard scale.isFinite, scale > 0, zeroPoints.contains(quantization.zeroPoints[index]) else {
        throw Failure(
          PF_ERROR_BAD_MODEL, "value # has a scale that is not positive or not finite, or a zero point beyond its type",
          quantization.value)
      }
    }
  }

  func checkQuantizations() throws(Failure) {
    var next = 0
    var last = -1
    for index in 0..<count(.quantizations) {
      let record = record(.quantizations, index)
      // A scale belongs to one value, so that reading all of them takes no longer than the file is large.
      guard record.index(Layout.Quantization.first) == next,
        record.index(Layout.Quantization.count) <= min(count(.scales), count(.zeroPoints)) - next,
        record.int32(Layout.Quantization.axis) >= -1
      else {
        throw Failure(
          PF_ERROR_BAD_MODEL, "quantization # has an unknown axis, or scales that do not follow those before it",
          index)
      }
      let quantization = quantization(index)
      guard quantization.value > last, quantization.value < count(.values) else {
        throw Failure(PF_ERROR_BAD_MODEL, "quantization # is of a value that is not there, or not in order", index)
      }
      (last, next) = (quantization.value, next + quantization.count)
      let value = try value(quantization.value)
      var shape = value.shape
      if value.kind == .computed, shape.rank == 0 {
        // The file says nothing of its dimensions, which are known when a session is planned, unless it is a scalar.
        for _ in 0..<Shape.maximumRank { shape.append(Int(Layout.open)) }
      }
      try check(quantization, of: shape)
    }
  }
}
