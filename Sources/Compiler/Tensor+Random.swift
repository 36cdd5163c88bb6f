import PrefactorEngine
import PrefactorGraph

extension Tensor {
  /// Numbers from -1 to 1, the same each time; zeros where the input takes integers.
  public static func random(like info: Engine.TensorInfo) -> Tensor {
    let count = info.dims.reduce(1, *)
    guard info.type == .float32 else {
      return Tensor(info.dims, [Int64](repeating: 0, count: count), as: info.type)
    }
    var generator = SplitMix64(seed: 0)
    return Tensor(info.dims, (0..<count).map { _ in Float.random(in: -1...1, using: &generator) })
  }
}
