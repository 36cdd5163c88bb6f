/// The ways to compute a convolution by tiles, for which a file may have its weights transformed: see
/// docs/convolution.md.
public enum ConvolutionAlgorithm: Int32 {
  /// F(2×2, 3×3): the output's tile and the kernel.
  case winograd2x2Kernel3x3 = 1
  case winograd4x4Kernel3x3 = 2
  case winograd6x6Kernel3x3 = 3
  case winograd2x2Kernel5x5 = 4
  case winograd4x4Kernel5x5 = 5
  /// Of tiles of 16 × 16 pixels of the input, for kernels of up to 9 × 9.
  case fourier = 6
  /// F(6, 3), in one dimension.
  case winograd6Kernel3 = 7
  case winograd4Kernel5 = 8
  case winograd3x3Kernel3x3 = 9

  /// To how many numbers a tile of a channel is transformed, and so how many matrices a group's weights are; nil where
  /// the algorithm takes no such kernels.
  public func positions(kernelHeight height: Int, kernelWidth width: Int) -> Int? {
    switch (self, height, width) {
    case (.winograd2x2Kernel3x3, 3, 3): 16
    case (.winograd3x3Kernel3x3, 3, 3): 25
    case (.winograd4x4Kernel3x3, 3, 3), (.winograd2x2Kernel5x5, 5, 5): 36
    case (.winograd6x6Kernel3x3, 3, 3), (.winograd4x4Kernel5x5, 5, 5): 64
    // The 4 real frequencies, and three for each of the 126 complex ones, whose product takes three of real numbers.
    case (.fourier, 1...9, 1...9) where height * width > 1: 4 + 3 * 126
    case (.winograd6Kernel3, 1, 3), (.winograd6Kernel3, 3, 1): 8
    case (.winograd4Kernel5, 1, 5), (.winograd4Kernel5, 5, 1): 8
    default: nil
    }
  }
}
