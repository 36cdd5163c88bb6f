import PrefactorModelFormat

/// An order of axes: axis i of the result of a transpose is axis `self[i]` of what is transposed.
struct Permutation: Hashable {
  var axes: [Int]

  init(_ axes: [Int]) { self.axes = axes }

  init(_ transpose: Transpose, rank: Int) { axes = (0..<rank).map { Int(transpose.permutation[$0]) } }

  static func identity(_ rank: Int) -> Permutation { Permutation(Array(0..<rank)) }

  subscript(axis: Int) -> Int { axes[axis] }

  var rank: Int { axes.count }

  var isIdentity: Bool { axes.elementsEqual(axes.indices) }

  var inverse: Permutation {
    var result = axes
    for (axis, source) in axes.enumerated() { result[source] = axis }
    return Permutation(result)
  }

  /// The permutation of this transpose followed by another.
  func followed(by next: Permutation) -> Permutation { Permutation(next.axes.map { axes[$0] }) }

  /// The same with `count` more axes in front, which stay where they are.
  func extended(by count: Int) -> Permutation { Permutation(Array(0..<count) + axes.map { $0 + count }) }

  /// What remains of it when some axes of the result are dropped.
  func dropping(_ isDropped: (Int) -> Bool) -> Permutation {
    let kept = axes.indices.filter { !isDropped($0) }.map { axes[$0] }
    let sorted = kept.sorted()
    return Permutation(kept.map { sorted.firstIndex(of: $0)! })
  }

  var transpose: Transpose {
    var result = Transpose()
    for (axis, source) in axes.enumerated() { result.permutation[axis] = Int32(source) }
    return result
  }
}

extension PerAxis {
  /// What is said here of axis i, said of axis `permutation[i]`.
  func moved(by permutation: Permutation) -> Self {
    var result = self
    for axis in 0..<permutation.rank { result[permutation[axis]] = self[axis] }
    return result
  }
}
