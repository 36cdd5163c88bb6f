import PrefactorModelFormat

extension Reshape {
  init(_ dims: [Int32]) {
    self.init()
    rank = Int32(dims.count)
    for (axis, dimension) in dims.enumerated() { self.dims[axis] = dimension }
  }

  /// Copies its input.
  static func sameShape(rank: Int) -> Reshape { Reshape((0..<rank).map { copy($0) }) }

  /// The axis of the input that a dimension repeats.
  static func copiedAxis(_ dimension: Int32) -> Int? { dimension <= copy(0) ? Int(copy(0) - dimension) : nil }
}

/// A dimension of a reshape or expansion whose input's axis i is now axis `permutation[i]`.
func renamedCopy(_ dimension: Int32, _ permutation: Permutation) -> Int32 {
  guard let axis = Reshape.copiedAxis(dimension) else { return dimension }
  return Reshape.copy(permutation[axis])
}
