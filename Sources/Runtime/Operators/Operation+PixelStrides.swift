import PrefactorModelFormat

/// Which operations can read and write some of the channels of a larger tensor, whose pixels lie further apart than
/// they are long.
extension Operation {
  /// Pixels of fewer elements are copied sooner than worked on one by one.
  private static let fewestElements = 8

  func readsPixelStride(input index: Int, _ inputs: InputShapes, output: Shape) -> Bool {
    switch self {
    case .convolution: index == 0 || index == 3
    case .fullyConnected, .pool, .resize: index == 0
    case .unary, .binary: output.channels >= Operation.fewestElements
    case .concatenation, .slice, .transpose: true
    case .padding(let attributes): attributes.mode == Padding.Mode.constant
    case .reduction(let attributes): inputs[index].map { attributes.reducesPixels($0) } ?? false
    default: false
    }
  }

  func writesPixelStride(output: Shape) -> Bool {
    switch self {
    case .convolution, .fullyConnected, .pool, .resize, .concatenation, .slice: true
    case .unary, .binary: output.channels >= Operation.fewestElements
    default: false
    }
  }
}
