import PrefactorGraph
import PrefactorLinearAlgebra
import XCTest

@testable import PrefactorFactorization

/// Monochromatic filters and biclusters.
final class ClusterTests: XCTestCase {
  private let rounding = 2e-6

  // MARK: Colors

  func testNeitherColorsNorSwapsLoseWhatIsKept() throws {
    for (filters, channels, positions, clusters) in [(24, 3, 49, 6), (24, 10, 9, 4), (30, 5, 4, 15), (12, 8, 1, 2)] {
      var numbers = Numbers(seed: UInt64(filters * channels))
      let pixels = numbers.matrix(filters * positions, channels)
      let directions = try ColorClusters.directions(pixels, positions: positions)
      var random = SplitMix64(seed: 4)
      for _ in 0..<10 {
        var result = ColorClusters(pixels, positions: positions, directions: directions, clusters: clusters, &random)
        var kept = result.kept
        var isMoving = true
        while isMoving {
          isMoving = try result.improve()
          XCTAssertGreaterThanOrEqual(result.kept, kept * (1 - 1e-12))
          kept = result.kept
        }
        XCTAssertLessThanOrEqual(kept, pixels.squaredNorm)
        let colors = result.factors.colorOfFilter
        XCTAssertEqual(
          (0..<clusters).map { color in colors.count { $0 == color } },
          Array(repeating: filters / clusters, count: clusters))
      }
    }
  }

  func testColorsAreFoundAgain() throws {
    let (filters, channels, clusters) = (20, 6, 5)
    var numbers = Numbers(seed: 21)
    let colors = numbers.matrix(clusters, channels)
    let windows = numbers.matrix(filters, 9)
    let sample = Sample.convolution("colors", filters: filters, channels: channels, kernel: (3, 3))
    let elements = (0..<filters * 9 * channels).map { index in
      let (filter, position, channel) = (index / 9 / channels, index / channels % 9, index % channels)
      return Float(colors[filter % clusters, channel] * windows[filter, position])
    }
    let layer = sample.layer.with(Tensor(sample.layer.weights.dims, elements))
    let factored = try Monochromatic(colors: clusters).factor(layer)
    XCTAssertLessThan(factored.relativeError, rounding)
    XCTAssertEqual(factored.inputOrders, [nil, (0..<filters).map { $0 % clusters }])
    XCTAssertNil(factored.outputOrder)
    XCTAssertGreaterThan(try Monochromatic(colors: 4).factor(layer).relativeError, 0.1)
  }

  /// A color for each filter leaves of it the nearest window of rank one.
  func testAsManyColorsAsFilters() throws {
    for sample in Sample.all where Monochromatic().refusal(of: sample.layer) == nil {
      let layer = sample.layer
      let lost = try (0..<layer[.filter]).reduce(0) { lost, filter in
        let window = layer.filters.selecting(rows: [filter]).reshaped(
          rows: layer[.height] * layer[.width], columns: layer[.channel])
        return try lost + window.squaredSingularValues().dropFirst().reduce(0, +)
      }
      let error = try Monochromatic(colors: layer[.filter]).factor(layer).relativeError
      XCTAssertEqual(error, (lost / layer.filters.squaredNorm).squareRoot(), accuracy: rounding, sample.name)
    }
  }

  // MARK: Biclusters

  /// Blocks of rank one whose outputs agree within a cluster up to their scale, in an order that hides them.
  func testBiclustersAreFoundAgain() throws {
    let (filters, channels, inputs, outputs) = (12, 12, 3, 4)
    var numbers = Numbers(seed: 22)
    let windows = numbers.matrix(inputs * outputs, 9)
    let scales = numbers.matrix(filters, channels)
    let sample = Sample.convolution("blocks", filters: filters, channels: channels, kernel: (3, 3))
    let elements = (0..<filters * 9 * channels).map { index in
      let (filter, position, channel) = (index / 9 / channels, index / channels % 9, index % channels)
      let window = windows[filter % outputs * inputs + channel % inputs, position]
      return Float(window * scales[filter, 0] * scales[1, channel])
    }
    let layer = sample.layer.with(Tensor(sample.layer.weights.dims, elements))
    for (method, ranks) in [(BiclusterSVD() as any Method, [1, 1]), (BiclusterOuter(), [1])] {
      let factored = try method.with([inputs, outputs] + ranks).factor(layer)
      XCTAssertLessThan(factored.relativeError, rounding, method.name)
      XCTAssertEqual(
        factored.inputOrders[0], (0..<inputs).flatMap { stride(from: $0, to: channels, by: inputs) }, method.name)
      XCTAssertEqual(
        factored.outputOrder, (0..<outputs).flatMap { stride(from: $0, to: filters, by: outputs) }, method.name)
    }
  }

  func testClustersAreTheMostCompactOnes() {
    var numbers = Numbers(seed: 23)
    let similarity = numbers.matrix(6, 4).similarityOfRows
    func compactness(_ clusters: [[Int]]) -> Double {
      clusters.reduce(0) { sum, cluster in
        cluster.reduce(sum) { sum, i in cluster.reduce(sum) { $0 + similarity[i, $1] } }
      }
    }
    let found = BalancedClusters.best(similarity, count: 2)
    var best = 0.0
    for i in 1..<6 {
      for j in 1..<i {
        let first = [0, j, i]
        best = max(best, compactness([first, (0..<6).filter { !first.contains($0) }]))
      }
    }
    XCTAssertEqual(compactness(found), best, accuracy: 1e-12)
    XCTAssertEqual(found.map(\.count), [3, 3])
    XCTAssertEqual(BalancedClusters.best(similarity, count: 6), (0..<6).map { [$0] })
    XCTAssertEqual(BalancedClusters.best(similarity, count: 1), [Array(0..<6)])
  }

  func testOneBlockIsATuckerDecomposition() throws {
    for sample in Sample.all where Tucker2().refusal(of: sample.layer) == nil {
      let ranks = Tucker2().middleValues(of: sample.layer)
      let (block, tucker) = (
        try BiclusterSVD(k1: ranks[0], k2: ranks[1]).factor(sample.layer),
        try Tucker2().with(ranks).factor(sample.layer)
      )
      XCTAssertEqual(block.weights, tucker.weights, sample.name)
    }
  }
}
