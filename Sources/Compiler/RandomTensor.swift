import PrefactorGraph

extension Tensor {
  /// Numbers from -1 to 1, the same each time; zeros where the input takes integers.
  public static func random(like info: Engine.TensorInfo) -> Tensor {
    let count = info.dims.reduce(1, *)
    guard info.type == .float32 else { return Tensor(info.dims, [Int64](repeating: 0, count: count)) }
    var generator = SplitMix64(state: 0)
    return Tensor(info.dims, (0..<count).map { _ in Float.random(in: -1...1, using: &generator) })
  }
}

/// Steele, Lea and Flood, "Fast splittable pseudorandom number generators" (2014).
private struct SplitMix64: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var bits = state
    bits = (bits ^ (bits >> 30)) &* 0xBF58_476D_1CE4_E5B9
    bits = (bits ^ (bits >> 27)) &* 0x94D0_49BB_1331_11EB
    return bits ^ (bits >> 31)
  }
}
