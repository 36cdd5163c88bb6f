import PrefactorGraph

/// A tensor from a file, whose numbers may be of double precision.
public struct FileTensor {
  /// Floating point as float32, and integers as int64.
  public let tensor: Tensor
  /// The bits of the numbers themselves where float32 rounds one of them.
  private let doubles: Tensor?

  public init(_ tensor: Tensor) { (self.tensor, doubles) = (tensor, nil) }

  public init(_ dims: [Int], _ doubles: [Double]) {
    let floats = doubles.map { Float($0) }
    self.init(
      Tensor(dims, floats),
      zip(doubles, floats).allSatisfy { $0 == Double($1) }
        ? nil : Tensor(dims, doubles.map { Int64(bitPattern: $0.bitPattern) }))
  }

  private init(_ tensor: Tensor, _ doubles: Tensor?) { (self.tensor, self.doubles) = (tensor, doubles) }

  /// As a file in Fortran order has it, where its dimensions are `dims`.
  public func inFortranOrder(_ dims: [Int]) -> FileTensor {
    func turned(_ tensor: Tensor) -> Tensor {
      tensor.reshaped(to: dims.reversed()).transposed(Array(dims.indices.reversed()))
    }
    return FileTensor(turned(tensor), doubles.map(turned))
  }

  /// The numbers of floating point, unrounded; nil of integers.
  var numbers: [Double]? {
    if let doubles { return doubles.int64s.map { Double(bitPattern: UInt64(bitPattern: $0)) } }
    return tensor.type == .float32 ? tensor.floats.map(Double.init) : nil
  }
}
