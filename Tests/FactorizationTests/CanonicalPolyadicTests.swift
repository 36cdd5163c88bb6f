import PrefactorLinearAlgebra
import XCTest

@testable import PrefactorFactorization

final class CanonicalPolyadicTests: XCTestCase {
  func testSweepsNeverRaiseTheObjective() throws {
    for (sizes, terms) in [((12, 9, 8), 10), ((12, 9, 8), 72), ((5, 25, 3), 4), ((40, 3, 3), 5), ((2, 9, 5), 12)] {
      let tensor = random(sizes)
      for start in try CanonicalPolyadic.starts(for: tensor, terms: terms) {
        var (result, last) = (start, Double.infinity)
        for sweep in 0..<60 {
          let objective = try result.sweep(tensor, ridge: CanonicalPolyadic.ridge(sweep: sweep))
          XCTAssertLessThanOrEqual(objective, last + 1e-12 * tensor.squaredNorm)
          last = objective
          let bound = CanonicalPolyadic.ridge(sweep: sweep) * result.norms.reduce(0) { $0 + $1 * $1 }
          let error = tensor.unfolded[0].subtracting(result.product).squaredNorm
          XCTAssertEqual(objective, error + bound, accuracy: 1e-10 * tensor.squaredNorm)
        }
      }
    }
  }

  func testStartsAreAsGoodAsTheirTermsAreLarge() throws {
    let tensor = random((6, 9, 5))
    for terms in [1, 7, 30] {
      for start in try CanonicalPolyadic.starts(for: tensor, terms: terms).prefix(3) {
        let error = tensor.unfolded[0].subtracting(start.product).squaredNorm
        XCTAssertEqual(error, tensor.squaredNorm - start.norms.reduce(0) { $0 + $1 * $1 }, accuracy: 1e-10)
      }
    }
  }

  func testTermsAreFoundAgain() throws {
    for terms in 1...5 {
      var numbers = Numbers(seed: UInt64(terms))
      let factors = [10, 9, 8].map { numbers.matrix($0, terms) }
      let original = CanonicalPolyadic(factors: factors, norms: Array(repeating: 1, count: terms)).product
      let found = try CanonicalPolyadic(of: ThirdOrderTensor(original, sizeOfSecondMode: 9), terms: terms)
      XCTAssertLessThan(
        (original.subtracting(found.product).squaredNorm / original.squaredNorm).squareRoot(), 1e-5, "\(terms) terms")
    }
  }

  /// a⊗a⊗b + a⊗b⊗a + b⊗a⊗a is as near as one likes to sums of two terms, whose norms then grow without bound.
  func testTermsThatCancelStayBounded() throws {
    var elements = [Double](repeating: 0, count: 4 * 3 * 5)
    for (i, j, l) in [(0, 0, 1), (0, 1, 0), (1, 0, 0)] { elements[(i * 3 + j) * 5 + l] = 1 }
    let tensor = ThirdOrderTensor(Matrix(rows: 4, columns: 15, elements), sizeOfSecondMode: 3)
    let found = try CanonicalPolyadic(of: tensor, terms: 2)
    XCTAssertLessThan(found.norms.max()!, 100 * tensor.squaredNorm.squareRoot())
    XCTAssertLessThan(
      (tensor.unfolded[0].subtracting(found.product).squaredNorm / tensor.squaredNorm).squareRoot(), 0.3)
  }

  private func random(_ sizes: (Int, Int, Int)) -> ThirdOrderTensor {
    var numbers = Numbers(seed: UInt64(sizes.0 * sizes.1 * sizes.2))
    return ThirdOrderTensor(numbers.matrix(sizes.0, sizes.1 * sizes.2), sizeOfSecondMode: sizes.1)
  }
}
