import PrefactorGraph
import PrefactorLinearAlgebra

/// A number that a method needs to know, under the name that it has in plans.
public struct Hyperparameter: Equatable {
  public let name: String
  public let accepted: ClosedRange<Int>
}

/// A way to replace a layer by a chain of smaller ones which compute nearly the same. The chain's first link takes the layer's input; bias,
/// residual and clamp go to its last. Lists of values are in the order of ``hyperparameters(of:)``, and within what these accept.
public protocol Method: Sendable {
  /// As plans write it.
  var name: String { get }

  /// Why the method cannot factor a layer; nil where it can. The other functions are asked only where it can.
  func refusal(of layer: DenseLayer) -> String?

  func hyperparameters(of layer: DenseLayer) -> [Hyperparameter]

  /// Known before anything is decomposed, so that costs can be compared first.
  func chain(for layer: DenseLayer, _ values: [Int]) -> [Link]

  /// The weights of each link, with rows for its filters.
  func weights(for layer: DenseLayer, _ values: [Int]) throws(LinearAlgebraError) -> [Matrix]
}

/// A method whose hyper-parameters are all ranks, each of a matrix whose spectrum says what a rank keeps.
public protocol SpectralMethod: Method {
  /// The squared singular values for each hyper-parameter, largest first.
  func spectra(of layer: DenseLayer) throws(LinearAlgebraError) -> [[Double]]
}

/// Every method there is. Where two cost the same, the energy rule prefers the one that comes first.
public let methods: [any Method] = [SVD(), Channel(), Spatial(), Tucker2()]

extension SpectralMethod {
  /// The smallest ranks that keep a share of the energy, which is the sum of the squares, in each of the spectra.
  public func ranks(of layer: DenseLayer, keeping energy: Double) throws(LinearAlgebraError) -> [Int] {
    try spectra(of: layer).map { spectrum in
      let wanted = energy * spectrum.reduce(0, +)
      var kept = 0.0
      let last = spectrum.firstIndex {
        kept += $0
        return kept >= wanted
      }
      return (last ?? spectrum.count - 1) + 1
    }
  }
}
