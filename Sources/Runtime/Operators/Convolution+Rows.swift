import KernelContract
import PrefactorModelFormat

extension Convolution {
  /// Rows of an image that lie under the windows of some rows of the output.
  func inputRows(_ rows: Range<Int>, of image: Shape) -> Range<Int> {
    let stride = Int(window.strideHeight)
    let pad = window.geometry(over: image).height.padBefore
    let first = min(max(0, rows.lowerBound * stride - pad), image[1])
    return first..<max(first, min(image[1], (rows.upperBound - 1) * stride - pad + window.spanHeight))
  }
}

extension pf_convolution {
  /// Makes this the convolution that gives some rows of the output from the rows of one image under their windows.
  /// Tensors begin with them.
  mutating func restrict(to rows: Range<Int>, from inputRows: Range<Int>) {
    window.pad_top += Int32(inputRows.lowerBound - rows.lowerBound * Int(window.stride_height))
    input_height = Int32(inputRows.count)
    output_height = Int32(rows.count)
  }
}
