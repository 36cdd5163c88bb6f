import PrefactorGraph
import PrefactorLinearAlgebra
import PrefactorModelFormat

/// A layer's chain with its weights, as it will be deployed.
public struct FactoredLayer {
  public let links: [Link]
  public let weights: [Tensor]
  /// ‖W̃ − W‖ / ‖W‖ in the Frobenius norm. W̃ is multiplied out from the float32 weights of the chain, whatever method they come from.
  public let relativeError: Double
}

extension Method {
  public func factor(_ layer: DenseLayer, _ values: [Int]) throws(LinearAlgebraError) -> FactoredLayer {
    var links = chain(for: layer, values)
    links.append(links.removeLast().clamped(like: layer.operation))
    let weights = zip(links, try weights(for: layer, values)).map { Tensor($0.weightDims, $1.elements.map(Float.init)) }
    return FactoredLayer(links: links, weights: weights, relativeError: relativeDistance(from: layer.weights, to: multipliedOut(weights)))
  }
}

private func relativeDistance(from original: Tensor, to approximation: [Double]) -> Double {
  var (distance, norm) = (0.0, 0.0)
  for (original, approximation) in zip(original.floats, approximation) {
    let original = Double(original)
    distance += (approximation - original) * (approximation - original)
    norm += original * original
  }
  return distance == 0 ? 0 : (distance / norm).squareRoot()
}

/// The weights [F,KH,KW,C] of the one layer that a chain of ungrouped links amounts to.
private func multipliedOut(_ chain: [Tensor]) -> [Double] {
  chain.dropFirst().reduce(Kernel(chain[0])) { Kernel($1).after($0) }.elements
}

private struct Kernel {
  let filters: Int, height: Int, width: Int, channels: Int
  let elements: [Double]

  /// The kernel of `first` and then this one. Along each axis one of them at the most has a window, so that each position of the whole
  /// window comes from one position of each.
  func after(_ first: Kernel) -> Kernel {
    precondition(channels == first.filters && min(height, first.height) == 1 && min(width, first.width) == 1)
    let product =
      Matrix(rows: filters * height * width, columns: channels, elements)
      * Matrix(rows: first.filters, columns: first.height * first.width * first.channels, first.elements)
    var ordered: [Double] = []
    ordered.reserveCapacity(product.elements.count)
    for filter in 0..<filters {
      for y in 0..<max(height, first.height) {
        for x in 0..<max(width, first.width) {
          let row = (filter * height + min(y, height - 1)) * width + min(x, width - 1)
          let column = (min(y, first.height - 1) * first.width + min(x, first.width - 1)) * first.channels
          let start = row * product.columns + column
          ordered += product.elements[start..<start + first.channels]
        }
      }
    }
    return Kernel(
      filters: filters, height: max(height, first.height), width: max(width, first.width), channels: first.channels, elements: ordered)
  }
}

extension Kernel {
  /// Of weights [F,KH,KW,C] or [F,K].
  init(_ weights: Tensor) {
    let dims = weights.dims.count == 4 ? weights.dims : [weights.dims[0], 1, 1, weights.dims[1]]
    self.init(filters: dims[0], height: dims[1], width: dims[2], channels: dims[3], elements: weights.floats.map(Double.init))
  }
}
