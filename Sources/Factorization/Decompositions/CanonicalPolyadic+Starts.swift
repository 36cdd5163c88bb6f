import PrefactorGraph
import PrefactorLinearAlgebra

// A start is made of slices: along a mode the tensor is Σⱼ uⱼ ⊗ Tⱼ, with orthogonal uⱼ if these are singular vectors or
// a basis of other orthonormal vectors, and the singular value decomposition of each slice Tⱼ makes it a sum of
// orthogonal terms of rank one. The largest of them lose exactly what the others' squared norms add up to, which is
// nothing at full rank. Nothing in a start depends on the order or the signs of the first and the last mode's indices.

extension CanonicalPolyadic {
  /// By slices along the singular vectors of each mode and along random bases of the second one, whose size is that of
  /// a window; and, where there are few terms, greedily.
  static func starts(for tensor: ThirdOrderTensor, terms: Int) throws(LinearAlgebraError) -> [CanonicalPolyadic] {
    var result: [CanonicalPolyadic] = []
    for mode in ThirdOrderTensor.modes {
      let unfolded = tensor.unfolded[mode]
      let slices = try unfolded.lowRank(min(unfolded.rows, unfolded.columns))
      result.append(try sliced(tensor, mode: mode, slices, terms: terms))
    }
    var numbers = SplitMix64(seed: 1)
    for _ in 0..<randomStarts {
      let basis = try randomBasis(tensor.size(1), &numbers)
      result.append(try sliced(tensor, mode: 1, (basis.transpose, basis * tensor.unfolded[1]), terms: terms))
    }
    if terms <= mostGreedyTerms { result.append(try greedy(tensor, terms: terms)) }
    return result
  }

  private static let randomStarts = 3
  /// Each of them takes a decomposition of its own.
  private static let mostGreedyTerms = 16

  /// Orthonormal rows.
  private static func randomBasis(_ size: Int, _ numbers: inout SplitMix64) throws(LinearAlgebraError) -> Matrix {
    let elements = (0..<size * size).map { _ in Double.random(in: -1...1, using: &numbers) }
    return try Matrix(rows: size, columns: size, elements).leftSubspace(rank: size)
  }

  /// The largest terms of slices along a mode: what the tensor unfolds into there is left · right, and each row of
  /// `right` is a slice.
  private static func sliced(
    _ tensor: ThirdOrderTensor, mode: Int, _ slices: (left: Matrix, right: Matrix), terms: Int,
    ranksPerSlice: Int = .max
  ) throws(LinearAlgebraError) -> CanonicalPolyadic {
    let (first, second) = ThirdOrderTensor.otherModes(mode)
    let rank = min(tensor.size(first), tensor.size(second), ranksPerSlice)
    var columns: [[Matrix]] = [[], [], []]
    for index in 0..<slices.right.rows {
      let slice = slices.right.selecting(rows: [index]).reshaped(rows: tensor.size(first), columns: tensor.size(second))
      let (left, right) = try slice.lowRank(rank)
      columns[first].append(left)
      columns[second].append(right.transpose)
      columns[mode].append(slices.left.selecting(columns: Array(repeating: index, count: rank)))
    }
    let factors = columns.map { Matrix.joined($0).normalizedColumns }
    let norms = factors[0].lengths.indices.map { term in factors.reduce(1) { $0 * $1.lengths[term] } }
    let largest = Array(norms.indices.sorted { (norms[$0], $1) > (norms[$1], $0) }.prefix(terms))
    return CanonicalPolyadic(
      factors: factors.map { $0.matrix.selecting(columns: largest) }, norms: largest.map { norms[$0] })
  }

  /// Each term is fitted to what the ones before it leave.
  private static func greedy(_ tensor: ThirdOrderTensor, terms: Int) throws(LinearAlgebraError) -> CanonicalPolyadic {
    var found: [CanonicalPolyadic] = []
    var rest = tensor
    for _ in 0..<terms {
      var term = try sliced(rest, mode: 1, rest.unfolded[1].lowRank(1), terms: 1, ranksPerSlice: 1)
      for _ in 0..<sweepsPerTerm { _ = try term.sweep(rest, ridge: negligibleRidge) }
      found.append(term)
      rest = ThirdOrderTensor(rest.unfolded[0].subtracting(term.product), sizeOfSecondMode: tensor.size(1))
    }
    return CanonicalPolyadic(
      factors: ThirdOrderTensor.modes.map { mode in Matrix.joined(found.map { $0.factors[mode] }) },
      norms: found.flatMap(\.norms))
  }

  private static let sweepsPerTerm = 20
  /// One term cannot cancel, but it may vanish.
  private static let negligibleRidge = 1e-12
}
