import PrefactorGraph

extension Tensor {
  public static func random(_ dims: [Int], seed: some BinaryInteger, in range: ClosedRange<Float> = -1...1) -> Tensor {
    var generator = SplitMix64(seed: UInt64(seed))
    return Tensor(dims, (0..<dims.reduce(1, *)).map { _ in Float.random(in: range, using: &generator) })
  }
}
