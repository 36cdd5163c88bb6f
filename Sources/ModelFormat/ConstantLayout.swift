import KernelContract

/// How a constant's elements lie in the file. Its dimensions are those of the operation's definition in every case.
public enum ConstantLayout: Equatable {
  /// Row-major.
  case plain
  /// Weights of a GEMM-like layer, [F, ..., K per group], as panels of 32 output channels, group after group: see `kernels.h` and
  /// docs/model-format.md.
  case panels(groups: Int)
  /// Weights of a depthwise convolution, [F, KH, KW, 1], as [KH, KW, F].
  case tapsFirst
  /// Weights of a convolution, [F, KH, KW, C per group], as an algorithm transforms them, in panels for each group and position.
  case transformed(pf_algorithm, groups: Int)
}
