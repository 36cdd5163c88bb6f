import CLAPACK

/// A symmetric matrix as vectorsᵀ · diag(values) · vectors, largest value first.
public struct SymmetricEigen {
  public let values: [Double]
  /// Orthonormal rows, an eigenvector each.
  public let vectors: Matrix

  public init(_ matrix: Matrix) throws(LinearAlgebraError) {
    (values, vectors) = try Self.solve(matrix, job: "V")
  }

  /// The eigenvalues alone, in a fraction of the time.
  public static func values(_ matrix: Matrix) throws(LinearAlgebraError) -> [Double] {
    try solve(matrix, job: "N").values
  }

  private static func solve(_ matrix: Matrix, job: String) throws(LinearAlgebraError) -> (
    values: [Double], vectors: Matrix
  ) {
    precondition(matrix.rows == matrix.columns)
    _ = reproducible
    // The workspace has more than 2n² elements, which LAPACK counts in 32 bits.
    guard matrix.elements.count < Int32.max / 4 else { throw .tooLarge(size: matrix.rows) }
    // LAPACK may loop for ever on what is not finite.
    guard matrix.elements.allSatisfy(\.isFinite) else { throw .notFinite }

    // LAPACK's order is ascending; that of the negated matrix is ours. Its columns are our rows.
    var vectors = Matrix(rows: matrix.rows, columns: matrix.rows, matrix.elements.map(-))
    var values = [Double](repeating: 0, count: matrix.rows)
    var (size, info) = (Int32(matrix.rows), Int32(0))
    func call(_ work: inout [Double], _ workSize: Int32, _ integerWork: inout [Int32], _ integerWorkSize: Int32) {
      var (workSize, integerWorkSize) = (workSize, integerWorkSize)
      dsyevd_(
        job, "U", &size, &vectors.elements, &size, &values, &work, &workSize, &integerWork, &integerWorkSize, &info, 1,
        1)
    }
    // Asked with sizes of -1, LAPACK says what it needs.
    var (work, integerWork) = ([0.0], [Int32(0)])
    call(&work, -1, &integerWork, -1)
    let (workSize, integerWorkSize) = (Int(work[0]), Int(integerWork[0]))
    work = [Double](repeating: 0, count: workSize)
    integerWork = [Int32](repeating: 0, count: integerWorkSize)
    call(&work, Int32(workSize), &integerWork, Int32(integerWorkSize))
    guard info == 0 else { throw .noConvergence(size: matrix.rows) }
    return (values.map(-), vectors)
  }
}
