import CPrefactor
import PrefactorModelFormat

extension Shape {
  /// The common shape of two tensors under NumPy's rules, with this one's element type. The last `skipping` axes are
  /// left out.
  func broadcast(with other: Shape, skipping: Int = 0) throws(Failure) -> Shape {
    var result = Shape(type: type)
    let commonRank = max(rank, other.rank) - skipping
    for axis in 0..<commonRank {
      let left = dimension(axis, broadcastTo: commonRank + skipping)
      let right = other.dimension(axis, broadcastTo: commonRank + skipping)
      guard left == right || left == 1 || right == 1 else {
        throw Failure(PF_ERROR_SHAPE, "dimensions # and # do not broadcast", left, right)
      }
      result.append(left == 1 ? right : left)
    }
    return result
  }

  /// Elements from one index to the next of axis `axis` of a shape of rank `rank` that this one is broadcast to.
  package func step(_ axis: Int, broadcastTo rank: Int) -> Int {
    dimension(axis, broadcastTo: rank) == 1 ? 0 : step(axis - (rank - self.rank))
  }

  private func dimension(_ axis: Int, broadcastTo rank: Int) -> Int {
    let own = axis - (rank - self.rank)
    return own < 0 ? 1 : self[own]
  }
}
