import PrefactorEngine
import PrefactorGraph
import PrefactorModelFormat
import XCTest

@testable import PrefactorFactorization

/// The chains as they run: on the library that devices run.
final class DeploymentTests: XCTestCase {
  private let tolerance = 2e-6

  func testChainsComputeWhatTheirKernelsSay() throws {
    try Sample.forEachMethod(of: Sample.all + Sample.grouped) { method, sample, what in
      let values = method.middleValues(of: sample.layer)
      let factored = try method.with(values).factored(sample.layer)
      let dense = sample.graph(weights: kernelByImpulses(factored, like: sample.layer).map(Float.init))
      var chain = sample.graph()
      let choice = FactorizationPlan.Choice(method.with(values), of: sample.layer)
      try FactorizationPlan([sample.name: choice]).apply(to: &chain)
      let linear = chain.nodes.filter {
        switch $0.operation {
        case .convolution, .fullyConnected: true
        default: false
        }
      }
      XCTAssertEqual(linear.count, factored.factors.reduce(0) { $0 + $1.parallel }, what)
      XCTAssertTrue(chain.nodes.allSatisfy { $0.layer == 0 }, what)
      let distance = try relativeDistance(run(dense, sample), run(chain, sample))
      XCTAssertLessThan(distance, tolerance, what)
    }
  }

  func testFullRankComputesWhatTheLayerDoes() throws {
    try Sample.forEachMethod(of: Sample.all + Sample.grouped) { method, sample, what in
      guard method.isExactAtFullRank(for: sample.layer) else { return }
      var chain = sample.graph()
      let choice = FactorizationPlan.Choice(method.with(method.fullRanks(of: sample.layer)), of: sample.layer)
      try FactorizationPlan([sample.name: choice]).apply(to: &chain)
      XCTAssertLessThan(try relativeDistance(run(sample.graph(), sample), run(chain, sample)), tolerance, what)
    }
  }

  func testTheLibraryCountsTheSameCosts() throws {
    try Sample.forEachMethod(of: Sample.all + Sample.grouped) { method, sample, what in
      let values = method.middleValues(of: sample.layer)
      let factors = method.with(values).chain(forPartsOf: sample.layer)
      var chain = sample.graph()
      let biasBytes = sample.layer[.filter] * 4
      try FactorizationPlan([sample.name: .init(method.with(values), of: sample.layer)]).apply(to: &chain)
      let macs = try factors.multiplyAdds(input: Shape(sample.input))
      // Steps that move channels have work of another kind, also where a convolution does it.
      let steps = try Engine(graph: chain).steps
      let shapes = try chain.shapes(chain.referenceBinding)
      let multiplied = steps.filter { ["convolution", "fully-connected"].contains($0.operation) }
      let moved = zip(chain.nodes, steps).filter { $1.operation == "gather" && $1.kernel == "fused" }
      XCTAssertEqual(
        multiplied.reduce(0) { $0 + $1.macs } - moved.reduce(0) { $0 + shapes[$1.0.output]!.count }, macs, what)
      XCTAssertEqual(try chain.layerCosts(), [Cost(macs: macs, bytes: factors.weightBytes + biasBytes)], what)
    }
  }

  private func run(_ graph: Graph, _ sample: Sample) throws -> [Double] {
    var numbers = Numbers(seed: 7)
    // Sums as they are written: other ways to convolve have errors of their own.
    var options = EngineOptions()
    options.lowMemory = true
    let engine = try Engine(graph: graph, options: options)
    return try engine.run(engine.inputs.map { numbers.tensor($0.dims) })[0].floats.map(Double.init)
  }
}
