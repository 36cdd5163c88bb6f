import Foundation
import PrefactorCalibration
import PrefactorFactorization
import PrefactorGraph
import PrefactorPasses

/// What decides how each layer is factored.
public enum Factoring {
  /// The cheapest method at the ranks that keep this share of the weights' energy.
  case energy(Double)
  /// The methods and ranks that a JSON file names by layer, in the metrics that are measured on images, where there are any.
  case plan(path: String, CalibrationImages?)
}

extension Compiler {
  /// `progress` is told what is being done to which of how many layers.
  public static func factor(
    _ network: inout Network, _ factoring: Factoring, progress: (_ work: String, _ index: Int, _ count: Int) -> Void
  ) throws {
    let graph = network.graph
    switch factoring {
    case .energy(let energy):
      try inFile(network.path) {
        let plan = try Plan.keeping(energy: energy, in: graph, binding: graph.referenceBinding) { progress("choosing ranks", $1, $2) }
        try plan.apply(to: &network.graph) { progress("factoring", $1, $2) }
      }
    case .plan(let path, let images):
      let json = Data(try readFile(path))
      try withoutActuallyEscaping(progress) { progress in
        var calibration: ImageCalibration?
        if let images {
          calibration = ImageCalibration(images, try network.imageOptions())
          calibration?.progress = progress
        }
        try inFile(path) { try Plan(json: json).apply(to: &network.graph, calibration: calibration) { progress("factoring", $1, $2) } }
      }
    }
    // Layers beside a factored one take up the order of its channels.
    try inFile(network.path) { try FoldChannelOrders().run(&network.graph) }
    network.graph.removeUnused()
  }

  /// The distance between what two networks give for the same random input, relative to what the first gives.
  public static func relativeDifference(_ original: Network, _ changed: Network) throws -> Double {
    let engine = try original.engine(EngineOptions())
    let input = engine.inputs.map { Tensor.random(like: $0) }
    let expected = try inFile(original.path) { try engine.run(input) }
    let changedEngine = try changed.engine(EngineOptions())
    let actual = try inFile(changed.path) { try changedEngine.run(input) }
    var distance = 0.0
    var norm = 0.0
    for case (.float32(let expected), .float32(let actual)) in zip(expected.map(\.elements), actual.map(\.elements)) {
      for (expected, actual) in zip(expected, actual) {
        distance += pow(Double(actual) - Double(expected), 2)
        norm += pow(Double(expected), 2)
      }
    }
    return distance == 0 ? 0 : (distance / norm).squareRoot()
  }
}
