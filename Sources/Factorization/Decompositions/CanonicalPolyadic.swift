import Foundation
import PrefactorLinearAlgebra

/// A sum of terms of rank one: T[i,j,l] ≈ Σₖ norms[k] · a[i,k] · b[j,k] · c[l,k] (Hitchcock 1927; CANDECOMP, PARAFAC).
struct CanonicalPolyadic {
  /// a, b and c, whose columns have length 1, or 0 where a term has vanished.
  private(set) var factors: [Matrix]
  /// The Frobenius norm of each term.
  private(set) var norms: [Double]

  init(factors: [Matrix], norms: [Double]) {
    self.factors = factors
    self.norms = norms
  }

  /// a, b and c with the norms shared equally, which keeps them within the range of narrow number formats.
  var balancedFactors: [Matrix] { factors.map { $0.scalingColumns(norms.map { cbrt($0) }) } }

  /// The tensor, with a row for each index of the first mode.
  var product: Matrix { factors[0].scalingColumns(norms).timesTranspose(of: khatriRao(factors[1], factors[2])) }
}

// MARK: Fitting

extension CanonicalPolyadic {
  /// By alternating least squares. A few sweeps tell which of the starts leads furthest, which then goes on.
  init(of tensor: ThirdOrderTensor, terms: Int) throws(LinearAlgebraError) {
    var best: (result: CanonicalPolyadic, objective: Double)?
    for start in try Self.starts(for: tensor, terms: terms) {
      var (result, objective) = (start, 0.0)
      for sweep in 0..<Self.firstSweeps { objective = try result.sweep(tensor, ridge: Self.ridge(sweep: sweep)) }
      if best == nil || objective < best!.objective { best = (result, objective) }
    }
    guard var (result, objective) = best else { preconditionFailure("there is always a start") }
    for sweep in Self.firstSweeps..<Self.maximumSweeps {
      let before = objective
      objective = try result.sweep(tensor, ridge: Self.ridge(sweep: sweep))
      if before - objective <= Self.negligible * objective { break }
    }
    self = result
  }

  private static let firstSweeps = 10
  private static let maximumSweeps = 300
  /// The part of the objective below which a sweep's gain ends the iteration.
  private static let negligible = 1e-4

  /// Large at first, which keeps sweeps from getting stuck between terms that nearly cancel, and then negligible beside
  /// the error.
  static func ridge(sweep: Int) -> Double { max(1e-2 / Double(1 << min(2 * sweep, 60)), 1e-7) }

  /// Each factor in turn becomes the best one for the other two, in the sense of ‖T − Σ terms‖² + ridge · Σ ‖term‖²,
  /// which is returned and which never rises from one sweep to the next while the ridge does not.
  ///
  /// Without the ridge there may be no best sum of so many terms, but only ever better ones whose terms grow without
  /// bound and cancel (de Silva and Lim 2008); float32 would not bear them. With it no sum of squared norms exceeds the
  /// objective over the ridge. It is a pure number, since with two factors of unit columns the third one's are as long
  /// as the terms; bounding these is what makes the decomposition stable (Phan et al. 2020).
  mutating func sweep(_ tensor: ThirdOrderTensor, ridge: Double) throws(LinearAlgebraError) -> Double {
    let (positions, last) = (tensor.size(1), tensor.size(2))
    _ = try improve(0, tensor.unfolded[0] * khatriRao(factors[1], factors[2]), ridge)

    // The other two modes share the product with the first one, which is nearly all of the work.
    let shared = tensor.unfolded[0].transposeTimes(factors[0])
    var projections = Matrix(rows: positions, columns: norms.count)
    for row in 0..<shared.rows {
      for term in 0..<norms.count { projections[row / last, term] += shared[row, term] * factors[2][row % last, term] }
    }
    _ = try improve(1, projections, ridge)

    projections = Matrix(rows: last, columns: norms.count)
    for row in 0..<shared.rows {
      for term in 0..<norms.count { projections[row % last, term] += shared[row, term] * factors[1][row / last, term] }
    }
    // What is minimised is ‖T‖² − ⟨TK, X⟩ at its minimum.
    return try tensor.squaredNorm - improve(2, projections, ridge)
  }

  /// Makes X the minimiser of ‖T − XKᵀ‖² + ridge·‖X‖², where T is what the tensor unfolds into along a mode, and K has
  /// the other two modes' factors; `projections` are TK. Returns ⟨TK, X⟩.
  private mutating func improve(_ mode: Int, _ projections: Matrix, _ ridge: Double) throws(LinearAlgebraError)
    -> Double
  {
    let (first, second) = ThirdOrderTensor.otherModes(mode)
    var gram = factors[first].columnGram.multipliedElementwise(by: factors[second].columnGram)
    for term in 0..<gram.rows { gram[term, term] += ridge }
    let solution = try projections.divided(by: gram)
    (factors[mode], norms) = solution.normalizedColumns
    return zip(projections.elements, solution.elements).reduce(0) { $0 + $1.0 * $1.1 }
  }
}

/// A row for each pair of rows, the second one's fastest: their elements' products.
private func khatriRao(_ first: Matrix, _ second: Matrix) -> Matrix {
  let terms = first.columns
  var elements: [Double] = []
  elements.reserveCapacity(first.rows * second.rows * terms)
  for row in 0..<first.rows {
    for other in 0..<second.rows {
      for term in 0..<terms { elements.append(first[row, term] * second[other, term]) }
    }
  }
  return Matrix(rows: first.rows * second.rows, columns: terms, elements)
}
