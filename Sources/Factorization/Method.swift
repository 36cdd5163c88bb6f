import PrefactorGraph
import PrefactorLinearAlgebra

/// A way to replace a layer by a chain of smaller ones which compute nearly the same. The chain's first factor takes
/// the layer's input; bias, residual and clamp go to its last. A method has its hyper-parameters as properties, which
/// are the lowest that every layer accepts, 1, until they are set.
///
/// Methods are asked about layers without groups; of a layer in groups, each group is one (``DenseLayer/parts``).
public protocol Method: Sendable {
  /// As plans write it.
  var name: String { get }

  /// Whether chains of several groups can be one chain.
  var joinsGroups: Bool { get }

  /// Why the method cannot factor a layer; nil where it can. The other functions are asked only where it can.
  func refusal(of layer: DenseLayer) -> String?

  /// What plans call each hyper-parameter, and which of its values the layer accepts, given those before it.
  func hyperparameters(of layer: DenseLayer) -> [Hyperparameter]

  /// The hyper-parameters in that order, as plans, reports and searches go through them.
  var values: [Int] { get set }

  /// Known before anything is decomposed, so that costs can be compared first.
  func chain(for layer: DenseLayer) -> [Factor]

  /// Those that the method itself finds, in the Frobenius norm.
  func weights(for layer: DenseLayer) throws(LinearAlgebraError) -> ChainWeights

  func weights(for layer: DenseLayer, in metric: ErrorMetric) throws(LinearAlgebraError) -> ChainWeights
}

extension Method {
  public var joinsGroups: Bool { true }

  /// With other hyper-parameters, in the order of ``hyperparameters(of:)``.
  public func with(_ values: [Int]) -> Self {
    var result = self
    result.values = values
    return result
  }

  /// The same of a layer that may be in groups.
  public func refusal(ofPartsOf layer: DenseLayer) -> String? {
    if layer.groups > 1 && !joinsGroups { return "its channels are in \(layer.groups) groups already" }
    return refusal(of: layer.part(0))
  }

  /// A layer's chain, which has the same hyper-parameters for each group.
  public func chain(forPartsOf layer: DenseLayer) -> [Factor] {
    chain(for: layer.part(0)).map { $0.inGroups(layer.groups) }
  }

  public func weights(for layer: DenseLayer, in metric: ErrorMetric) throws(LinearAlgebraError) -> ChainWeights {
    try fittedWeights(for: layer, in: metric)
  }

  /// The best that ``ChainFit`` leads to from the weights in the Frobenius norm, of the layer as it is and of the layer
  /// in a basis in which this norm is near the metric.
  func fittedWeights(for layer: DenseLayer, in metric: ErrorMetric) throws(LinearAlgebraError) -> ChainWeights {
    if metric.kind == .frobenius { return try weights(for: layer) }
    let factors = chain(for: layer)
    let starts = [try weights(for: layer), try whitenedWeights(for: layer, in: metric)]
    return try ChainFit.best(of: starts.map { ChainFit(layer, factors, $0, metric) }).chain
  }

  /// Those in the Frobenius norm of the basis in which this is near the metric.
  func whitenedWeights(for layer: DenseLayer, in metric: ErrorMetric) throws(LinearAlgebraError) -> ChainWeights {
    let whitening = try Whitening(of: layer, chain: chain(for: layer), metric)
    return try whitening.undone(in: weights(for: whitening.whitened))
  }
}

/// What the factors of a chain multiply by, and the order in which they have channels.
public struct ChainWeights {
  /// For each factor a row for each of its filters; those of parallel factors one after the other.
  public let factors: [Matrix]
  /// For each factor: its input channel i is channel `order[i]` of what the factor before it gives, or of the layer's
  /// input; nil where all are in their places.
  public let inputOrders: [[Int]?]
  /// The chain's output i is the layer's filter `outputOrder[i]`; nil where all are in their places.
  public let outputOrder: [Int]?

  /// Orders are those of all factors, or of the first ones.
  init(_ factors: [Matrix], inputOrders: [[Int]?] = [], outputOrder: [Int]? = nil) {
    func unlessIdentity(_ order: [Int]?) -> [Int]? { order.flatMap { $0.elementsEqual($0.indices) ? nil : $0 } }
    self.factors = factors
    self.inputOrders = factors.indices.map { $0 < inputOrders.count ? unlessIdentity(inputOrders[$0]) : nil }
    self.outputOrder = unlessIdentity(outputOrder)
  }
}

/// A method whose hyper-parameters are all ranks, each of a matrix whose spectrum says what a rank keeps.
public protocol SpectralMethod: Method {
  /// The squared singular values for each hyper-parameter, largest first.
  func spectra(of layer: DenseLayer) throws(LinearAlgebraError) -> [[Double]]
}

/// Every method there is. Where two cost the same, the energy rule prefers the one that comes first.
public let methods: [any Method] = [
  SVD(), Channel(), Spatial(), Tucker2(), Monochromatic(), CP(), BiclusterSVD(), BiclusterOuter(), SeparableBasis(),
]

extension SpectralMethod {
  /// The smallest ranks that keep a share of the energy in each of the spectra, those of all groups together. The
  /// energy is the sum of the squares of the weights, or what stands for it in the metrics of the groups.
  public func ranks(of layer: DenseLayer, keeping energy: Double, in metrics: [ErrorMetric]? = nil)
    throws(LinearAlgebraError) -> [Int]
  {
    var sums: [[Double]] = []
    for (group, part) in layer.parts.enumerated() {
      let spectra = try spectra(of: part, in: metrics?[group] ?? .frobenius)
      sums = sums.isEmpty ? spectra : zip(sums, spectra).map { sum, spectrum in zip(sum, spectrum).map { $0 + $1 } }
    }
    return sums.map { spectrum in
      let wanted = energy * spectrum.reduce(0, +)
      var kept = 0.0
      let last = spectrum.firstIndex {
        kept += $0
        return kept >= wanted
      }
      return (last ?? spectrum.count - 1) + 1
    }
  }

  /// Those of the layer in the basis in which the Frobenius norm is near the metric: for a first factor with the
  /// layer's own window it is the metric itself. The basis does not depend on ranks.
  private func spectra(of layer: DenseLayer, in metric: ErrorMetric) throws(LinearAlgebraError) -> [[Double]] {
    if metric.kind == .frobenius { return try spectra(of: layer) }
    return try spectra(of: Whitening(of: layer, chain: chain(for: layer), metric).whitened)
  }
}
