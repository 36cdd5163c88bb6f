import PrefactorGraph
import PrefactorLinearAlgebra
import PrefactorModelFormat
import XCTest

@testable import PrefactorFactorization

/// What every method must satisfy, on every layer that it can factor.
final class MethodTests: XCTestCase {
  /// Of a chain whose weights are float32.
  private let rounding = 2e-6

  func testErrorNeverRisesWithRank() throws {
    try Sample.forEachMethod { method, sample, what in
      var last = Double.infinity
      for values in method.staircase(for: sample.layer) {
        let error = try method.with(values).factor(sample.layer).relativeError
        XCTAssertLessThanOrEqual(error, last + rounding, "\(what) at \(values)")
        last = error
      }
      if method.isExactAtFullRank(for: sample.layer) { XCTAssertLessThan(last, rounding, "\(what) at full rank") }
    }
  }

  func testReportedErrorIsThatOfTheChain() throws {
    try Sample.forEachMethod { method, sample, what in
      let original = sample.layer.weights.floats.map(Double.init)
      for values in [method.staircase(for: sample.layer).first!, method.middleValues(of: sample.layer)] {
        let factored = try method.with(values).factor(sample.layer)
        let error = relativeDistance(original, kernelByImpulses(factored, like: sample.layer))
        XCTAssertEqual(factored.relativeError, error, accuracy: 1e-12, "\(what) at \(values)")
      }
    }
  }

  func testOrderSignAndScaleOfFiltersAndChannelsDoNotMatter() throws {
    try Sample.forEachMethod { method, sample, what in
      let values = method.middleValues(of: sample.layer)
      let expected = try method.with(values).factor(sample.layer).relativeError
      for (change, weights) in variants(of: sample.layer) {
        let layer = sample.layer.with(weights)
        XCTAssertEqual(
          try method.with(values).factor(layer).relativeError, expected, accuracy: rounding, "\(what), \(change)")
      }
    }
  }

  /// Reversed orders, alternating signs and a factor of eight.
  private func variants(of layer: DenseLayer) -> [(String, Tensor)] {
    let (weights, dims) = (layer.weights.floats, layer.weights.dims)
    func mapped(_ element: (_ filter: Int, _ position: Int, _ channel: Int) -> Float) -> Tensor {
      Tensor(
        dims,
        (0..<weights.count).map { index in
          element(index / (dims[1] * dims[2] * dims[3]), index / dims[3] % (dims[1] * dims[2]), index % dims[3])
        })
    }
    func at(_ filter: Int, _ position: Int, _ channel: Int) -> Float {
      weights[(filter * dims[1] * dims[2] + position) * dims[3] + channel]
    }
    return [
      ("filters reversed", mapped { at(dims[0] - 1 - $0, $1, $2) }),
      ("channels reversed", mapped { at($0, $1, dims[3] - 1 - $2) }),
      ("every other filter negated", mapped { at($0, $1, $2) * ($0 % 2 == 0 ? 1 : -1) }),
      ("every other channel negated", mapped { at($0, $1, $2) * ($2 % 2 == 0 ? 1 : -1) }),
      ("all times eight", mapped { at($0, $1, $2) * 8 }),
    ]
  }

  func testWeightsOfLowRankAreFoundAgain() throws {
    try Sample.forEachMethod { method, sample, what in
      guard let method = method as? any SpectralMethod else { return }
      let values = method.middleValues(of: sample.layer)
      let original = try method.with(values).factor(sample.layer)
      let floats = kernelByImpulses(original, like: sample.layer).map(Float.init)
      let layer = sample.layer.with(Tensor(sample.layer.weights.dims, floats))
      XCTAssertLessThan(try method.with(values).factor(layer).relativeError, rounding, what)
      XCTAssertEqual(try method.ranks(of: layer, keeping: 1 - 1e-9), values, what)
    }
  }

  func testHyperparametersAreTheLowestUntilTheyAreSet() {
    Sample.forEachMethod { method, sample, what in
      XCTAssertEqual(method.values, method.hyperparameters(of: sample.layer).map { $0.accepted[0] }, what)
      let others = Array(2..<2 + method.values.count)
      XCTAssertEqual(method.with(others).values, others, what)
    }
  }

  func testTheSameBitsEachTime() throws {
    try Sample.forEachMethod { method, sample, what in
      let values = method.middleValues(of: sample.layer)
      let (first, second) = (try method.with(values).factor(sample.layer), try method.with(values).factor(sample.layer))
      XCTAssertEqual(first.weights, second.weights, what)
      XCTAssertEqual(first.inputOrders, second.inputOrders, what)
      XCTAssertEqual(first.outputOrder, second.outputOrder, what)
    }
  }

  func testZeroWeightsAndWeightsThatAreNotFinite() throws {
    try Sample.forEachMethod { method, sample, what in
      let dims = sample.layer.weights.dims
      var floats = [Float](repeating: 0, count: sample.layer.weights.count)
      let zero = sample.layer.with(Tensor(dims, floats))
      let lowest = method.staircase(for: zero)[0]
      XCTAssertEqual(try method.with(lowest).factor(zero).relativeError, 0, what)
      if let method = method as? any SpectralMethod {
        XCTAssertEqual(try method.ranks(of: zero, keeping: 0.9), lowest, what)
      }
      floats[floats.count / 2] = .nan
      let broken = sample.layer.with(Tensor(dims, floats))
      XCTAssertThrowsError(try method.with(lowest).factor(broken), what) {
        XCTAssertEqual($0 as? LinearAlgebraError, .notFinite)
      }
    }
  }

  func testEnergyThatIsKept() throws {
    try Sample.forEachMethod { method, sample, what in
      guard let method = method as? any SpectralMethod else { return }
      for energy in [0.5, 0.9, 0.99] {
        let ranks = try method.ranks(of: sample.layer, keeping: energy)
        let lost = try pow(method.with(ranks).factor(sample.layer).relativeError, 2)
        // Each of several ranks may lose its own share.
        XCTAssertLessThanOrEqual(lost, Double(ranks.count) * (1 - energy) + rounding, "\(what), \(energy)")
        if ranks.count == 1, ranks[0] > 1 {
          XCTAssertGreaterThan(
            try pow(method.with([ranks[0] - 1]).factor(sample.layer).relativeError, 2), 1 - energy, "\(what), \(energy)"
          )
        }
      }
      let all = try method.ranks(of: sample.layer, keeping: 1)
      XCTAssertLessThan(try method.with(all).factor(sample.layer).relativeError, rounding, what)
    }
  }

  func testCostsAreThoseOfTheFormulas() throws {
    try Sample.forEachMethod { method, sample, what in
      let layer = sample.layer
      let values = method.middleValues(of: layer)
      let factors = method.with(values).chain(for: layer)
      let output = try layer.operation.outputShape([Shape(sample.input), Shape(layer.asFactor.weightDims)])
      let (f, c, x, y, k) = (layer[.filter], layer[.channel], layer[.height], layer[.width], values[0])
      let (pixels, out) = (sample.input.dropLast().reduce(1, *), output.dims.dropLast().reduce(1, *))
      // Of an image with the output's height and the input's width.
      let between = sample.input.count == 4 ? output[0] * output[1] * sample.input[2] : 0
      let macs: Int
      let weights: Int
      switch method.name {
      case "svd": (macs, weights) = (k * (f + c) * out, k * (f + c))
      case "channel": (macs, weights) = ((c * x * y * k + k * f) * out, c * x * y * k + k * f)
      case "spatial":
        (macs, weights) = (k * x * c * between + k * y * f * out, k * (x * c + y * f))
      case "tucker2":
        let (r3, r4) = (values[0], values[1])
        (macs, weights) = (c * r3 * pixels + (r3 * r4 * x * y + r4 * f) * out, c * r3 + r3 * r4 * x * y + r4 * f)
      case "monochromatic": (macs, weights) = (k * c * pixels + x * y * f * out, c * k + x * y * f)
      case "cp": (macs, weights) = (k * (c * pixels + (x * y + f) * out), k * (c + x * y + f))
      case "bicluster-svd":
        let (g, h, k1, k2) = (values[0], values[1], values[2], values[3])
        let perOutput = k1 * k2 * x * y + k2 * f / h
        (macs, weights) = (g * h * (c / g * k1 * pixels + perOutput * out), g * h * (c / g * k1 + perOutput))
      case "bicluster-outer":
        let (g, h, terms) = (values[0], values[1], values[2])
        (macs, weights) = (
          g * h * terms * (c / g * pixels + (x * y + f / h) * out), g * h * terms * (c / g + x * y + f / h)
        )
      case "separable-basis":
        (macs, weights) = (k * c * (x * between + (y + f) * out), k * c * (x + y + f))
      default: return XCTFail("no formula for \(method.name)")
      }
      XCTAssertEqual(try factors.multiplyAdds(input: Shape(sample.input)), macs, what)
      XCTAssertEqual(factors.weightBytes, 4 * weights, what)
      XCTAssertEqual(try method.with(values).factor(layer).weights.reduce(0) { $0 + 4 * $1.count }, 4 * weights, what)
    }
  }

  func testTuckerIsBetterThanTruncation() throws {
    for sample in Sample.all where Tucker2().refusal(of: sample.layer) == nil {
      let layer = sample.layer
      let ranks = Tucker2().middleValues(of: layer)
      let pixels = layer.filters.reshaped(
        rows: layer[.filter] * layer[.height] * layer[.width], columns: layer[.channel])
      let outputs = try layer.filters.leftSubspace(rank: ranks[1])
      let inputs = try pixels.rightSubspace(rank: ranks[0])
      let kept = (outputs * layer.filters)
        .reshaped(rows: ranks[1] * layer[.height] * layer[.width], columns: layer[.channel]).timesTranspose(of: inputs)
        .squaredNorm
      let truncated = (1 - kept / layer.filters.squaredNorm).squareRoot()
      XCTAssertLessThanOrEqual(try Tucker2().with(ranks).factor(layer).relativeError, truncated + rounding, sample.name)
    }
  }
}
