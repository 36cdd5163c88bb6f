import PrefactorGraph
import PrefactorLinearAlgebra

/// Filters in clusters of equal size, each with a color: a direction u of length 1 in the space of channels. A filter
/// W, of positions × channels, becomes (Wu)uᵀ, which is the nearest to it that sees nothing but the color, and keeps
/// ‖Wu‖² of ‖W‖². The sign of u does not matter, so that clusters are of lines.
struct ColorClusters {
  /// A row for each position in each filter.
  private let pixels: Matrix
  private let positions: Int
  /// Of each filter.
  private var cluster: [Int]
  /// A row for each cluster.
  private var colors: Matrix

  /// The best of many starts.
  static func best(_ pixels: Matrix, positions: Int, clusters: Int) throws(LinearAlgebraError) -> ColorClusters {
    let directions = try directions(pixels, positions: positions)
    var numbers = SplitMix64(seed: 3)
    var best: (result: ColorClusters, kept: Double)?
    for _ in 0..<(clusters == 1 || clusters == directions.rows ? 1 : starts) {
      var result = ColorClusters(pixels, positions: positions, directions: directions, clusters: clusters, &numbers)
      while try result.improve() {}
      let kept = result.kept
      if best == nil || kept > best!.kept { best = (result, kept) }
    }
    return best!.result
  }

  /// The best color for each filter alone.
  static func directions(_ pixels: Matrix, positions: Int) throws(LinearAlgebraError) -> Matrix {
    var result: [Matrix] = []
    for filter in 0..<pixels.rows / positions { result.append(try color(of: [filter], pixels, positions)) }
    return .stacked(result)
  }

  private static let starts = 32
  /// The part of ‖W‖² below which a gain is taken for one of rounding.
  private static let negligible = 1e-12

  /// The colors are those of single filters, each next one the likelier taken the more of its filter the ones before it
  /// lose (as in k-means++, Arthur and Vassilvitskii 2007).
  init(_ pixels: Matrix, positions: Int, directions: Matrix, clusters: Int, _ numbers: inout SplitMix64) {
    (self.pixels, self.positions, cluster, colors) = (pixels, positions, [], Matrix(rows: 0, columns: pixels.columns))
    let norms = pixels.reshaped(rows: directions.rows, columns: positions * pixels.columns).transpose.normalizedColumns
      .lengths.map { $0 * $0 }
    var lost = norms
    var chosen: [Int] = []
    for _ in 0..<clusters {
      var rest = Double.random(in: 0..<1, using: &numbers) * lost.reduce(0, +)
      let next = lost.firstIndex {
        rest -= $0
        return rest < 0
      }
      chosen.append(next ?? 0)
      for (filter, kept) in kept(of: directions.selecting(rows: [chosen.last!])).elements.enumerated() {
        lost[filter] = max(0, min(lost[filter], norms[filter] - kept))
      }
    }
    colors = directions.selecting(rows: chosen)
    cluster = Self.assignment(by: kept(of: colors))
  }

  /// Gives each cluster its best color, and then swaps filters between clusters as long as that keeps more of them.
  /// Neither lowers ``kept``. False when no filter has moved, and the colors are the best for the clusters.
  mutating func improve() throws(LinearAlgebraError) -> Bool {
    var best: [Matrix] = []
    for index in 0..<colors.rows { best.append(try Self.color(of: filters(of: index), pixels, positions)) }
    colors = .stacked(best)

    let kept = kept(of: colors)
    return cluster.swapPairs(keeping: kept, atLeast: Self.negligible * pixels.squaredNorm)
  }

  /// The part of the squared norm of all filters that their clusters' colors keep.
  var kept: Double {
    let kept = kept(of: colors)
    return cluster.indices.reduce(0) { $0 + kept[$1, cluster[$1]] }
  }

  /// The colors, in the order of the first filters that see them, and for each filter its color and its one-channel
  /// window Wu.
  var factors: (colors: Matrix, colorOfFilter: [Int], windows: Matrix) {
    let indices = (0..<colors.rows).sorted { filters(of: $0)[0] < filters(of: $1)[0] }
    let windows = cluster.indices.map { filter in
      pixels.selecting(rows: Self.rows(of: [filter], positions)).timesTranspose(
        of: colors.selecting(rows: [cluster[filter]])
      )
      .reshaped(rows: 1, columns: positions)
    }
    return (colors.selecting(rows: indices), cluster.map { indices.firstIndex(of: $0)! }, .stacked(windows))
  }

  private func filters(of index: Int) -> [Int] { cluster.indices.filter { cluster[$0] == index } }

  /// What each color keeps of each filter: a row for each filter.
  private func kept(of colors: Matrix) -> Matrix {
    let products = pixels.timesTranspose(of: colors)
    var result = Matrix(rows: pixels.rows / positions, columns: colors.rows)
    for pixel in 0..<pixels.rows {
      for color in 0..<colors.rows {
        result[pixel / positions, color] += products[pixel, color] * products[pixel, color]
      }
    }
    return result
  }

  /// The pairs that keep most first, as long as there is room.
  private static func assignment(by kept: Matrix) -> [Int] {
    var cluster = [Int?](repeating: nil, count: kept.rows)
    var room = [Int](repeating: kept.rows / kept.columns, count: kept.columns)
    for pair in kept.elements.indices.sorted(by: { (kept.elements[$0], $1) > (kept.elements[$1], $0) }) {
      let (filter, color) = pair.quotientAndRemainder(dividingBy: kept.columns)
      guard cluster[filter] == nil, room[color] > 0 else { continue }
      cluster[filter] = color
      room[color] -= 1
    }
    return cluster.map { $0! }
  }

  /// The leading eigenvector of the sum of the filters' WᵀW.
  private static func color(of filters: [Int], _ pixels: Matrix, _ positions: Int) throws(LinearAlgebraError) -> Matrix
  {
    try pixels.selecting(rows: rows(of: filters, positions)).lowRank(1).right.transpose.normalizedColumns.matrix
      .transpose
  }

  private static func rows(of filters: [Int], _ positions: Int) -> [Int] {
    filters.flatMap { $0 * positions..<($0 + 1) * positions }
  }
}

extension [Int] {
  /// Lets pairs of filters, of which these are the clusters, change places as long as that keeps more of them than the
  /// threshold. `kept` says what each cluster keeps of each filter: a row for each filter. False when none has moved.
  mutating func swapPairs(keeping kept: Matrix, atLeast threshold: Double) -> Bool {
    var (hasMoved, isMoving) = (false, true)
    while isMoving {
      isMoving = false
      for i in indices {
        for j in 0..<i where self[i] != self[j] {
          let (a, b) = (self[i], self[j])
          guard kept[i, b] + kept[j, a] - kept[i, a] - kept[j, b] > threshold else { continue }
          swapAt(i, j)
          (isMoving, hasMoved) = (true, true)
        }
      }
    }
    return hasMoved
  }
}
