/// Numbers at a place that does not change.
final class FloatBuffer {
  let values: UnsafeMutablePointer<Float>
  let count: Int

  /// What is in it has no meaning yet.
  init(count: Int) {
    self.count = count
    values = .allocate(capacity: max(count, 1))
    values.initialize(repeating: 0, count: max(count, 1))
  }

  convenience init(_ floats: [Float]) {
    self.init(count: floats.count)
    values.update(from: floats, count: floats.count)
  }

  deinit { values.deallocate() }
}

/// The gradient with respect to a value, laid out like it, which everything that uses the value adds to.
final class Adjoint {
  private let buffer: FloatBuffer
  private var isZero = true

  init(count: Int) { buffer = FloatBuffer(count: count) }

  var count: Int { buffer.count }

  /// Makes it zero, at no cost until somebody looks.
  func reset() { isZero = true }

  /// To read or to add to.
  var values: UnsafeMutablePointer<Float> {
    if isZero { buffer.values.update(repeating: 0, count: count) }
    isZero = false
    return buffer.values
  }

  /// For who writes every element: what is there has to be added to only where `isAdding`.
  func target() -> (values: UnsafeMutablePointer<Float>, isAdding: Bool) {
    defer { isZero = false }
    return (buffer.values, !isZero)
  }

  func add(_ terms: UnsafePointer<Float>) {
    let (values, isAdding) = target()
    if isAdding {
      for index in 0..<count { values[index] += terms[index] }
    } else {
      values.update(from: terms, count: count)
    }
  }
}
