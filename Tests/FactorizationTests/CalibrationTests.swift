import PrefactorCalibration
import PrefactorEngine
import PrefactorGraph
import PrefactorLinearAlgebra
import PrefactorModelFormat
import XCTest

@testable import PrefactorFactorization

/// What is measured on images, against what the library gives on the same images.
final class CalibrationTests: XCTestCase {
  private let imageCount = 5

  /// The outputs' mean and variance follow from the windows', whatever the window is.
  func testStatisticsAreThoseOfTheWindowsThatTheLibraryReads() throws {
    for sample in Sample.all {
      let graph = sample.linearGraph
      let statistics = try calibration(sample).inputStatistics(of: [0], in: graph)[0][0]
      let outputs = try self.outputs(of: graph, sample)
      let filters = sample.layer.filters

      let mean = outputs.sumOfRows.map { $0 / Double(outputs.rows) }
      let bias = graph.constant(graph.nodes[0], 2)!.floats
      let expectedMean = zip(
        filters.timesTranspose(of: Matrix(rows: 1, columns: sample.size, statistics.mean)).elements, bias
      )
      .map { $0 + Double($1) }
      XCTAssertLessThan(relativeDistance(expectedMean, mean), 1e-5, sample.name)
      let covariance = outputs.subtractingFromRows(mean).columnGram.scaled(by: 1 / Double(outputs.rows))
      let expected = statistics.product(filters).timesTranspose(of: filters)
      XCTAssertLessThan(relativeDistance(expected.elements, covariance.elements), 1e-5, sample.name)
    }
  }

  func testTheDeployedErrorIsTheOneReported() throws {
    try Sample.forEachMethod(of: Sample.all + Sample.grouped) { method, sample, what in
      let dense = sample.linearGraph
      let calibration = calibration(sample)
      var chain = dense
      let choice = FactorizationPlan.Choice(method.with(method.middleValues(of: sample.layer)), of: sample.layer)
      try FactorizationPlan([sample.name: choice]).apply(to: &chain, calibration: calibration)
      XCTAssert(chain.layers[0].parameters.contains("data"), what)
      let (expected, actual) = (try outputs(of: dense, sample), try outputs(of: chain, sample))
      let deviation = expected.subtractingFromRows(expected.sumOfRows.map { $0 / Double(expected.rows) }).squaredNorm
      let error = (actual.subtracting(expected).squaredNorm / deviation).squareRoot()
      XCTAssertEqual(error, chain.layers[0].relativeError, accuracy: 2e-6 + 1e-4 * error, what)
    }
  }

  func testMetricsWithoutImagesAreRefused() {
    var graph = Sample.all[0].graph()
    for metric in ["data", "mahalanobis"] {
      let plan = FactorizationPlan([
        Sample.all[0].name: .init(method: "svd", parameters: ["rank": .integer(1), "metric": .text(metric)])
      ])
      XCTAssertThrowsError(try plan.apply(to: &graph)) { XCTAssert("\($0)".contains("calibration"), "\($0)") }
    }
  }

  private func calibration(_ sample: Sample) -> ImageCalibration {
    let images = Samples(count: imageCount) { index, engine, _ in try engine.load([sample.image(index)]) }
    var calibration = ImageCalibration(images, EngineOptions())
    calibration.windowsPerImage = .max
    return calibration
  }

  /// A row for each pixel.
  private func outputs(of graph: Graph, _ sample: Sample) throws -> Matrix {
    var options = EngineOptions()
    options.lowMemory = true
    let engine = try Engine(graph: graph, options: options)
    let values = try (0..<imageCount).flatMap { try engine.run([sample.image($0)])[0].floats.map(Double.init) }
    return Matrix(rows: values.count / sample.layer[.filter], columns: sample.layer[.filter], values)
  }
}

extension Sample {
  /// A network of this layer alone, with a bias, and without what is not linear.
  var linearGraph: Graph {
    var graph = graph()
    graph.nodes[0].inputs.removeSubrange(3...)
    graph.inputs.removeSubrange(1...)
    switch graph.nodes[0].operation {
    case .convolution(var convolution):
      convolution.clamp = Clamp()
      graph.nodes[0].operation = .convolution(convolution)
    case .fullyConnected(var fullyConnected):
      fullyConnected.clamp = Clamp()
      graph.nodes[0].operation = .fullyConnected(fullyConnected)
    default: preconditionFailure()
    }
    return graph
  }

  /// Its mean is not zero.
  func image(_ index: Int) -> Tensor {
    var numbers = Numbers(seed: UInt64(21 + index))
    return Tensor(input, numbers.tensor(input).floats.map { $0 + 0.5 })
  }
}
