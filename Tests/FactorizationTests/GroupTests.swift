import PrefactorGraph
import PrefactorModelFormat
import XCTest

@testable import PrefactorFactorization

/// Layers in groups, each of which is factored by itself.
final class GroupTests: XCTestCase {
  /// Of a chain whose weights are float32.
  private let rounding = 2e-6

  func testEachGroupHasItsOwnFactors() throws {
    try Sample.forEachMethod(of: Sample.grouped) { method, sample, what in
      let values = method.middleValues(of: sample.layer)
      let factored = try method.with(values).factored(sample.layer)
      let kernel = kernelByImpulses(factored, like: sample.layer)
      let expected = try sample.layer.parts.flatMap { kernelByImpulses(try method.with(values).factor($0), like: $0) }
      XCTAssertEqual(kernel, expected, what)
      let original = sample.layer.weights.floats.map(Double.init)
      XCTAssertEqual(factored.relativeError, relativeDistance(original, kernel), accuracy: 1e-12, what)
      if method.isExactAtFullRank(for: sample.layer.parts[0]) {
        XCTAssertLessThan(
          try method.with(method.fullRanks(of: sample.layer)).factored(sample.layer).relativeError, rounding, what)
      }
    }
  }

  func testEachGroupHasItsOwnMetric() throws {
    try Sample.forEachMethod(of: Array(Sample.grouped[0...2])) { method, sample, what in
      let values = method.middleValues(of: sample.layer)
      let parts = sample.layer.parts
      for kind in 1..<4 {
        let metrics = parts.enumerated().map { group, part in
          Sample(name: "", layer: part, input: []).metrics[(kind + group) % 4].metric
        }
        let factored = try method.with(values).factor(sample.layer, in: metrics)
        let alone = try zip(parts, metrics).map { try method.with(values).factor($0, in: $1) }
        for index in factored.factors.indices {
          XCTAssertEqual(factored.weights[index].floats, alone.flatMap { $0.weights[index].floats }, what)
        }
        let (error, whole) = alone.reduce((0.0, 0.0)) { ($0.0 + $1.squares.error, $0.1 + $1.squares.whole) }
        XCTAssertEqual(factored.relativeError, (error / whole).squareRoot(), accuracy: 1e-12, what)
      }
    }
  }

  func testCostsAreThoseOfAllGroups() throws {
    try Sample.forEachMethod(of: Sample.grouped) { method, sample, what in
      let layer = sample.layer
      let values = method.middleValues(of: layer)
      let factors = method.with(values).chain(forPartsOf: layer)
      let part = method.with(values).chain(for: layer.parts[0])
      let partInput = sample.input.dropLast() + [sample.input.last! / layer.groups]
      XCTAssertEqual(
        try factors.multiplyAdds(input: Shape(sample.input)),
        try layer.groups * part.multiplyAdds(input: Shape(Array(partInput))), what)
      XCTAssertEqual(factors.weightBytes, layer.groups * part.weightBytes, what)
    }
  }

  func testEnergyIsThatOfAllGroups() throws {
    try Sample.forEachMethod(of: Sample.grouped) { method, sample, what in
      guard let method = method as? any SpectralMethod else { return }
      for energy in [0.5, 0.9, 1] {
        let ranks = try method.ranks(of: sample.layer, keeping: energy)
        let error = try method.with(ranks).factored(sample.layer).relativeError
        XCTAssertLessThanOrEqual(error * error, Double(ranks.count) * (1 - energy) + rounding, "\(what), \(energy)")
      }
    }
  }

  func testEnergyLeavesDepthwiseLayersAlone() throws {
    let sample = Sample.grouped[3]
    let graph = sample.graph()
    let plan = try FactorizationPlan.keeping(energy: 0.5, in: graph, binding: graph.referenceBinding)
    XCTAssertEqual(plan.choices[sample.name], FactorizationPlan.Choice.none)
  }

  func testEveryMethodButThoseWithParallelLinksTakesGroups() {
    let refused = methods.filter { $0.refusal(ofPartsOf: Sample.grouped[1].layer) != nil }.map(\.name)
    XCTAssertEqual(refused, ["svd", "bicluster-svd", "bicluster-outer"], "svd because the window is larger than 1×1")
  }
}
