import PrefactorGraph
import PrefactorModelFormat

/// Foundation has one too.
typealias Operation = PrefactorModelFormat.Operation

/// Repeatable random numbers.
struct SplitMix: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}

extension Tensor {
  static func random(_ dims: [Int], seed: UInt64, in range: ClosedRange<Float> = -1...1) -> Tensor {
    var generator = SplitMix(state: seed)
    return Tensor(dims, (0..<dims.reduce(1, *)).map { _ in Float.random(in: range, using: &generator) })
  }
}

extension Engine {
  /// Numbers in 0.1 ... 2, of which every function has a value, or 0, 1, 2, …
  func randomInputs(seed: UInt64) -> [Tensor] {
    inputs.enumerated().map { index, info in
      switch info.type {
      case .float32: .random(info.dims, seed: seed &+ UInt64(index), in: 0.1...2)
      case .int64: Tensor(info.dims, (0..<info.dims.reduce(1, *)).map { Int64($0) })
      }
    }
  }
}

func perAxis(_ values: Int32..., fill: Int32 = 0) -> PerAxis<Int32> {
  var result = PerAxis<Int32>(repeating: fill)
  for (axis, value) in values.enumerated() { result[axis] = value }
  return result
}

/// A value with one field set.
func with<Value>(_ value: Value, _ change: (inout Value) -> Void) -> Value {
  var value = value
  change(&value)
  return value
}
