import PrefactorModelFormat

extension Operation {
  /// The bounds of the result; nil where the operation has none to set.
  var clamp: Clamp? {
    switch self {
    case .convolution(let convolution): convolution.clamp
    case .fullyConnected(let fullyConnected): fullyConnected.clamp
    case .binary(let binary): binary.clamp
    case .affine(let affine): affine.clamp
    default: nil
    }
  }

  /// The same with other bounds. The operation must have ``clamp``.
  func clamped(to clamp: Clamp) -> Operation {
    switch self {
    case .convolution(var convolution):
      convolution.clamp = clamp
      return .convolution(convolution)
    case .fullyConnected(var fullyConnected):
      fullyConnected.clamp = clamp
      return .fullyConnected(fullyConnected)
    case .binary(var binary):
      binary.clamp = clamp
      return .binary(binary)
    case .affine(var affine):
      affine.clamp = clamp
      return .affine(affine)
    default:
      preconditionFailure("an operation without bounds")
    }
  }
}

extension Clamp {
  /// These bounds, and then others.
  func followed(by next: Clamp) -> Clamp {
    Clamp(low: min(max(low, next.low), next.high), high: min(max(high, next.low), next.high))
  }
}
