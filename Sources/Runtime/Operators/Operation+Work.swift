import CPrefactor
import KernelContract
import PrefactorModelFormat

extension Operation {
  /// Multiply-adds, and of other operations what takes about as long as one, with these shapes, which have been
  /// checked: an element that is computed from one or two others, or copied, is 1, and one that is computed from a
  /// window as many as the window has places.
  public func work(_ inputs: InputShapes, output: Shape) -> Int64 {
    let outputs = Int64(output.count)
    switch self {
    case .convolution, .fullyConnected, .matrixProduct: return multiplyAdds(inputs, output: output)
    case .pool(let attributes):
      return outputs.multipliedClamped(by: Int64(attributes.window.kernelHeight) * Int64(attributes.window.kernelWidth))
    case .responseNormalization(let attributes):
      return outputs.multipliedClamped(by: Int64(min(Int(attributes.size), output.channels)))
    // Both read their input, of which they leave one element of many.
    case .reduction, .argMax: return Int64(inputs[0]?.count ?? 0)
    // The largest, the sum, and the quotient.
    case .softmax: return 3 * outputs
    case .resize(let attributes): return attributes.mode == Resize.Mode.linear ? 4 * outputs : outputs
    default: return outputs
    }
  }
}
