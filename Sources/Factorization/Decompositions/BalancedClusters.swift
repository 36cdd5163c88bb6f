import PrefactorGraph
import PrefactorLinearAlgebra

/// Points in clusters of equal size, as compact as pairs of points that change places can make them.
///
/// With k(x,y) as the similarity of two points, k-means looks for the largest Σ k(x,y) / size over all pairs in the
/// same cluster; with equal sizes a swap's gain follows from sums of similarities alone, exactly, moved centres
/// included.
struct BalancedClusters {
  private let similarity: Matrix
  private let count: Int
  /// Of each point.
  private var cluster: [Int]
  /// For each cluster and point, the sum of the similarities of the point to the cluster's points.
  private var sums: [Double]

  private init(_ similarity: Matrix, count: Int, cluster: [Int]) {
    (self.similarity, self.count, self.cluster) = (similarity, count, cluster)
    let points = cluster.count
    sums = [Double](repeating: 0, count: count * points)
    for point in 0..<points {
      for other in 0..<points { sums[cluster[point] * points + other] += similarity[point, other] }
    }
  }

  /// The best of many random starts: each cluster's points in their order, the clusters in that of their first points.
  static func best(_ similarity: Matrix, count: Int) -> [[Int]] {
    var numbers = SplitMix64(seed: 2)
    var best: (clusters: BalancedClusters, compactness: Double)?
    for _ in 0..<(count == 1 || count == similarity.rows ? 1 : starts) {
      let cluster = (0..<similarity.rows).map { $0 % count }.shuffled(using: &numbers)
      var clusters = BalancedClusters(similarity, count: count, cluster: cluster)
      while clusters.swapPairs() {}
      let compactness = clusters.compactness
      if best == nil || compactness > best!.compactness { best = (clusters, compactness) }
    }
    return best!.clusters.groups
  }

  private static let starts = 32
  /// The part of all similarities below which a gain is taken for one of rounding.
  private static let negligible = 1e-12

  /// Swaps each pair that gains by it; false where none does.
  private mutating func swapPairs() -> Bool {
    let points = cluster.count
    let threshold = Self.negligible * (0..<points).reduce(0) { $0 + similarity[$1, $1] }
    var hasChanged = false
    for i in 0..<points {
      for j in 0..<i where cluster[i] != cluster[j] {
        let (a, b) = (cluster[i] * points, cluster[j] * points)
        let gain =
          similarity[i, i] + similarity[j, j] - 2 * similarity[i, j] + sums[a + j] - sums[a + i] + sums[b + i]
          - sums[b + j]
        guard gain > threshold else { continue }
        cluster.swapAt(i, j)
        for point in 0..<points {
          let change = similarity[j, point] - similarity[i, point]
          sums[a + point] += change
          sums[b + point] -= change
        }
        hasChanged = true
      }
    }
    return hasChanged
  }

  private var compactness: Double { cluster.indices.reduce(0) { $0 + sums[cluster[$1] * cluster.count + $1] } }

  private var groups: [[Int]] {
    var groups = [[Int]](repeating: [], count: count)
    for (point, cluster) in cluster.enumerated() { groups[cluster].append(point) }
    return groups.sorted { $0[0] < $1[0] }
  }
}

extension Matrix {
  /// How similar the lines are that the rows x span: (x·y)² / ‖x‖‖y‖, the product of the points ‖x‖·(x̂ ⊗ x̂). A term
  /// of rank one serves a row and its negative alike, so that signs must not keep them apart.
  var similarityOfRows: Matrix {
    let gram = rowGram
    var result = gram
    for row in 0..<rows {
      for column in 0..<rows {
        let scale = (gram[row, row] * gram[column, column]).squareRoot()
        result[row, column] = scale > 0 ? gram[row, column] * gram[row, column] / scale : 0
      }
    }
    return result
  }
}
