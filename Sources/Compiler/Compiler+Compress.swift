import PrefactorCalibration
import PrefactorEngine
import PrefactorEvaluation
import PrefactorFactorization
import PrefactorGraph
import PrefactorRuntime

/// A network to compress, and how.
public struct CompressRequest {
  public var network: Network
  public var factoring: Factoring
  /// What layers are looked at with; nil where only their weights count.
  public var calibration: ImageCalibration?
  /// What weights are stored as; nil for what they are in the network.
  public var weights: WeightPrecision?
  /// The processor that the file has transformed weights for; nil for none.
  public var target: Target?

  public init(
    _ network: Network, _ factoring: Factoring, calibration: ImageCalibration? = nil, weights: WeightPrecision? = nil,
    target: Target? = nil
  ) {
    (self.network, self.factoring, self.calibration) = (network, factoring, calibration)
    (self.weights, self.target) = (weights, target)
  }
}

public struct CompressResult {
  public let network: Network
  public let layers: LayerReport
  /// The `.pfmodel`, which the runtime has run.
  public let bytes: [UInt8]
  /// How much the outputs differ from the original's for one random input: see ``relativeDifference(_:_:)``.
  public let difference: Double
}

extension Compiler {
  /// Factors a network's layers, and runs what is to be written beside the original. `progress` is told what is being
  /// done to which of how many layers or samples.
  public static func compress(_ request: CompressRequest, progress: Progress) throws -> CompressResult {
    var network = request.network
    try factor(&network, request.factoring, calibration: request.calibration, progress: progress)
    network.graph.setMetadata("prefactor.compression", request.record)
    try network.round(request.weights)
    progress("comparing", 0, 1)
    let original = try request.network.engine(EngineOptions())
    let input = original.inputs.map { Tensor.random(like: $0) }
    let expected = try inFile(network.path) { try original.run(input) }
    let bytes = try inFile(network.path) { try network.graph.encoded(for: request.target) }
    let compressed = try network.engine(EngineOptions(), encoded: bytes)
    let actual = try inFile(network.path) { try compressed.run(input) }
    return CompressResult(
      network: network, layers: try LayerReport(network.graph), bytes: bytes,
      difference: relativeDifference(expected, actual))
  }
}

extension CompressRequest {
  /// What the file says of how it was made.
  fileprivate var record: String {
    let rule = if case .energy(let energy) = factoring { "energy \(energy)" } else { "plan" }
    if let calibration { return "\(rule), calibrated on \(calibration.images.count) samples" }
    guard case .energy = factoring else { return rule }
    return "\(rule) of the weights, without calibration: accuracy is unknown"
  }
}
