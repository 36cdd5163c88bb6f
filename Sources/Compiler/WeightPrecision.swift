import PrefactorGraph

/// What the weights of convolutions and fully-connected layers are stored as: see ``Graph/roundWeights()``.
public enum WeightPrecision: String, CaseIterable {
  case fp32, fp16
}

extension Network {
  /// Gives the weights the precision that they are to be stored in; nil is the one that they have.
  mutating func round(_ precision: WeightPrecision?) throws {
    switch precision ?? (graph.weightsType == .float16 ? .fp16 : .fp32) {
    case .fp32: graph.weightsType = .float32
    case .fp16: try inFile(path) { try graph.roundWeights() }
    }
  }
}
