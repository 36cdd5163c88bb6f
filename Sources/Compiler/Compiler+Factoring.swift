import Foundation
import PrefactorCalibration
import PrefactorFactorization
import PrefactorGraph
import PrefactorPasses

/// What decides how each layer is factored. Where there is a calibration, energy is that of the layers' outputs on its
/// samples, and factors are fitted to these.
public enum Factoring {
  /// The cheapest method at the ranks that keep this share of the energy.
  case energy(Double)
  /// The methods and ranks that a JSON file names by layer.
  case plan(path: String)
}

extension Compiler {
  /// `progress` is told what is being done to which of how many layers or samples.
  static func factor(
    _ network: inout Network, _ factoring: Factoring, calibration: ImageCalibration? = nil,
    progress: (_ work: String, _ index: Int, _ count: Int) -> Void
  ) throws {
    try withoutActuallyEscaping(progress) { progress in
      var calibration = calibration
      calibration?.progress = progress
      switch factoring {
      case .energy(let energy):
        try inFile(network.path) {
          let graph = network.graph
          let metrics = try calibration.map {
            try $0.dataMetrics(for: FactorizationPlan.layersWithSpectra(in: graph), in: graph)
          }
          let plan = try FactorizationPlan.keeping(
            energy: energy, in: graph, binding: graph.referenceBinding, metrics: metrics ?? [:]
          ) {
            progress("choosing ranks", $1, $2)
          }
          let measured = metrics.map(MeasuredMetrics.init)
          try plan.apply(to: &network.graph, calibration: measured) { progress("factoring \($0)", $1, $2) }
        }
      case .plan(let path):
        let json = Data(try readFile(path))
        try inFile(path) {
          try FactorizationPlan(json: json).apply(to: &network.graph, calibration: calibration) {
            progress("factoring \($0)", $1, $2)
          }
        }
      }
    }
    // Layers beside a factored one take up the order of its channels.
    try inFile(network.path) { try FoldChannelOrders().run(&network.graph) }
    network.graph.removeUnused()
  }
}
