import PrefactorCalibration
import PrefactorCompiler
import PrefactorEngine
import PrefactorGraph
import PrefactorLinearAlgebra
import PrefactorTestSupport
import XCTest

@testable import PrefactorFactorization
@testable import prefactor

/// Metrics on trained networks and photographs, where they are.
final class RealNetworkTests: XCTestCase {
  private struct Case {
    let network: String, images: String
    /// Layers with methods and their values.
    let layers: [(name: String, choices: [(method: String, values: [Int])])]
  }

  private let windowed: [(method: String, values: [Int])] = [
    ("channel", [12]), ("spatial", [12]), ("tucker2", [8, 12]), ("cp", [16]), ("separable-basis", [2]),
  ]

  func testFitsInAMetricAreBetterInItThanThoseOfFrobenius() throws {
    let cases = [
      Case(
        network: "squeezenet1.0", images: "photos",
        layers: [
          ("conv1", [("monochromatic", [16]), ("channel", [24]), ("spatial", [12])]),
          (
            "fire2_e3x3",
            windowed + [("monochromatic", [8]), ("bicluster-svd", [2, 2, 4, 8]), ("bicluster-outer", [2, 2, 8])]
          ),
          ("fire2_e1x1", [("svd", [8])]),
        ]),
      Case(
        network: "tinyimagenet-zf", images: "tinyimagenet",
        layers: [
          ("conv1", [("monochromatic", [16]), ("spatial", [12]), ("separable-basis", [3])]), ("fc7", [("svd", [76])]),
        ]),
    ]
    for test in cases { try check(test) }
  }

  private func check(_ test: Case) throws {
    let path = sharedPath("models/\(test.network).onnx")
    try XCTSkipUnless(FileManager.default.fileExists(atPath: path), "\(path) is not there")
    let network = try Network(path, preprocessing: sharedPath("models/\(test.network).json"))
    var images = Samples(
      try ImageFolder(sharedPath("images/\(test.images)/calibration"), labels: nil, classes: []))
    images.count = 60
    let calibration = ImageCalibration(images, try network.imageOptions())
    let kinds = Metric.allCases.dropFirst()
    let indices = try test.layers.map { layer in
      try XCTUnwrap(network.graph.layers.firstIndex { $0.name == layer.name }, layer.name)
    }
    let metrics = try calibration.metrics(
      for: indices.flatMap { index in kinds.map { (index, $0) } }, in: network.graph)
    for (position, (index, (layerName, choices))) in zip(indices, test.layers).enumerated() {
      let layer = try XCTUnwrap(network.graph.denseLayer(index), layerName)
      for (kind, metric) in zip(kinds, metrics[position * kinds.count..<(position + 1) * kinds.count]) {
        for (name, values) in choices {
          let method = try XCTUnwrap(methods.first { $0.name == name })
          let plain = try error(of: method.with(values).factor(layer), layer, metric[0])
          let fitted = try method.with(values).factor(layer, in: metric[0]).relativeError
          XCTAssertLessThan(fitted, plain, "\(test.network), \(layerName), \(name) \(values) in \(kind)")
        }
      }
    }
  }

  private func error(of factored: FactoredLayer, _ layer: DenseLayer, _ metric: ErrorMetric) -> Double {
    metric.relativeError(of: factored.filters.subtracting(layer.filters), to: layer.filters)
  }
}
