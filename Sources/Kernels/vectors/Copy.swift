/// Copies floats between buffers that do not overlap. Inline, for runs too short to be worth a call of memcpy.
@inline(__always)
func copy(_ source: Source, to target: Target, count: Int) {
  var i = 0
  while i + Vector.lanes <= count {
    Vector(from: source + i).store(to: target + i)
    i += Vector.lanes
  }
  if i < count && count >= Vector.lanes {
    let last = count - Vector.lanes
    Vector(from: source + last).store(to: target + last)
    return
  }
  while i + 4 <= count {
    let four = UnsafeRawPointer(source + i).loadUnaligned(as: SIMD4<Float>.self)
    UnsafeMutableRawPointer(target + i).storeBytes(of: four, as: SIMD4<Float>.self)
    i += 4
  }
  while i < count {
    target[i] = source[i]
    i += 1
  }
}

@inline(__always)
func copyRows(_ source: Source, stride: Int, to target: Target, stride targetStride: Int, rows: Int, columns: Int) {
  for row in 0..<rows { copy(source + row * stride, to: target + row * targetStride, count: columns) }
}

@inline(__always)
func clear(_ target: Target, count: Int) {
  for i in 0..<count { target[i] = 0 }
}
