import PrefactorLinearAlgebra

/// The mean and the covariance of the windows that a layer's filters see, in the order of the filters' columns.
public struct InputStatistics: Sendable {
  public let mean: [Double]
  /// E[(p − mean)(p − mean)ᵀ], or a matrix whose columns' products with each other that is, where its rows are fewer:
  /// the samples.
  private let covariance: Covariance
  /// What is added to the diagonal of (1 − shrinkage) · covariance in order that nothing is free which the samples do
  /// not show.
  private let shrinkage: Double, ridge: Double

  private enum Covariance {
    case matrix(Matrix)
    case root(Matrix)
  }

  /// Of a sum over `count` windows p of their p·pᵀ.
  public init(sum: [Double], products: Matrix, count: Int) {
    let mean = sum.map { $0 / Double(count) }
    let row = Matrix(rows: 1, columns: mean.count, mean)
    self.init(mean: mean, .matrix(products.scaled(by: 1 / Double(count)).subtracting(row.columnGram)), count: count)
  }

  /// Of a row for each window.
  public init(samples: Matrix) {
    let count = Double(samples.rows)
    let mean = samples.sumOfRows.map { $0 / count }
    let centered = samples.subtractingFromRows(mean).scaled(by: 1 / count.squareRoot())
    self.init(mean: mean, .root(centered), count: samples.rows)
  }

  /// The shrinkage towards a multiple of the identity that is the best on average for normally distributed samples
  /// (Chen, Wiesel, Eldar and Hero 2010, "OAS", eq. 23).
  private init(mean: [Double], _ covariance: Covariance, count: Int) {
    let size = Double(mean.count)
    let count = Double(count)
    let (trace, squares) =
      switch covariance {
      case .matrix(let matrix): (matrix.trace, matrix.squaredNorm)
      case .root(let root): (root.squaredNorm, root.rowGram.squaredNorm)
      }
    let spread = squares - trace * trace / size
    let best = spread > 0 ? ((1 - 2 / size) * squares + trace * trace) / ((count + 1 - 2 / size) * spread) : 1
    shrinkage = min(max(best, Self.leastShrinkage), 1)
    ridge = trace > 0 ? shrinkage * trace / size : 1
    (self.mean, self.covariance) = (mean, covariance)
  }

  /// Windows of one image are not independent samples, and channels of an image that never vary must not be free.
  private static let leastShrinkage = 1e-6

  /// rows · covariance
  func product(_ rows: Matrix) -> Matrix {
    switch covariance {
    case .matrix(let matrix): rows * matrix
    case .root(let root): rows.timesTranspose(of: root) * root
    }
  }

  func shrunkProduct(_ rows: Matrix) -> Matrix { product(rows).scaled(by: 1 - shrinkage).adding(rows, times: ridge) }

  var shrunkVariances: [Double] {
    let variances =
      switch covariance {
      case .matrix(let matrix): (0..<matrix.rows).map { matrix[$0, $0] }
      case .root(let root): root.normalizedColumns.lengths.map { $0 * $0 }
      }
    return variances.map { (1 - shrinkage) * $0 + ridge }
  }

  /// The shrunk covariance of some of the windows' elements.
  func shrunkBlock(_ columns: [Int]) -> Matrix {
    var block =
      switch covariance {
      case .matrix(let matrix): matrix.selecting(rows: columns).selecting(columns: columns)
      case .root(let root): root.selecting(columns: columns).columnGram
      }
    block = block.scaled(by: 1 - shrinkage)
    for index in columns.indices { block[index, index] += ridge }
    return block
  }
}
