/// Weights of a GEMM-like layer lie in panels of output channels, [panel][k][column]; the last is as wide as what is
/// left, rounded up to a multiple of 4 and filled with zeros. Kernels use them where the file is mapped, so that the
/// kernels' contract has the same.
public enum PanelLayout {
  public static let width = 32
  /// Bytes after the last row, which kernels may read.
  public static let slack = 128

  /// Floats from row to row of a panel that begins where `columns` output channels are left.
  public static func stride(columns: Int) -> Int { columns < width ? (columns + 3) & ~3 : width }

  /// Length in floats of `columns` output channels of a depth.
  public static func count(depth: Int, columns: Int) -> Int {
    let rest = columns % width
    return depth * (columns - rest + stride(columns: rest))
  }
}
