/// How a constant's elements lie in the file. Its dimensions are those of the operation's definition in every case.
public enum ConstantLayout: Equatable {
  /// Row-major.
  case plain
  /// Weights of a GEMM-like layer, [F, ..., K per group], as panels of 32 output channels, group after group: see
  /// ``PanelLayout`` and docs/model-format.md.
  case panels(groups: Int)
  /// The same as IEEE half-precision numbers.
  case halfPanels(groups: Int)
  /// Weights of a depthwise convolution, [F, KH, KW, 1], as [KH, KW, F].
  case tapsFirst
  /// Weights of a convolution, [F, KH, KW, C per group], as an algorithm transforms them, in panels for each group and
  /// position. Nil is an algorithm that this release does not know.
  case transformed(ConvolutionAlgorithm?, groups: Int)

  /// The layout of the same weights stored as numbers of a type, if there is such a layout, or else this one.
  public func storing(_ type: ElementType) -> ConstantLayout {
    if case .panels(let groups) = self, type == .float16 { .halfPanels(groups: groups) } else { self }
  }

  /// What the elements of a constant, which has a type of its own, are stored as.
  public func storedType(_ type: ElementType) -> ElementType { if case .halfPanels = self { .float16 } else { type } }
}
