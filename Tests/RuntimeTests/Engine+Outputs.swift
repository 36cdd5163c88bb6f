import PrefactorEngine
import PrefactorGraph
import PrefactorModelFormat
import PrefactorTestSupport

/// Foundation has one too.
typealias Operation = PrefactorModelFormat.Operation

extension Engine {
  /// Numbers in 0.1 ... 2, of which every function has a value, or 0, 1, 2, …
  func randomInputs(seed: UInt64) -> [Tensor] {
    inputs.enumerated().map { index, info in
      switch info.type {
      case .float32: .random(info.dims, seed: seed &+ UInt64(index), in: 0.1...2)
      case .int64: Tensor(info.dims, (0..<info.dims.reduce(1, *)).map { Int64($0) })
      default: preconditionFailure("no tensor has the type \(info.type)")
      }
    }
  }
}
