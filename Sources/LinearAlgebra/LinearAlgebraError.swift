public enum LinearAlgebraError: Error, Equatable, CustomStringConvertible {
  case notFinite
  case tooLarge(size: Int)
  case noConvergence(size: Int)
  case notPositiveDefinite(size: Int)

  public var description: String {
    switch self {
    case .notFinite: "there are values that are infinite or not a number"
    case .tooLarge(let size):
      "the eigenvalues of a matrix of \(size) × \(size) are more than LAPACK's 32-bit indices can reach"
    case .noConvergence(let size): "LAPACK did not converge on the eigenvalues of a matrix of \(size) × \(size)"
    case .notPositiveDefinite(let size): "a matrix of \(size) × \(size) that should be positive definite is not"
    }
  }
}
