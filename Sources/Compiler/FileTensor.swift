import PrefactorGraph

/// A tensor from a file, whose numbers may be of double precision.
public struct FileTensor {
  /// Floating point as float32, and integers as int64. Doubles that float32 would round are int64 if all are integers.
  public let tensor: Tensor
  /// Of doubles that float32 rounds, one that is no integer.
  let fraction: Double?

  public init(_ tensor: Tensor) { self.init(tensor, fraction: nil) }

  public init(_ dims: [Int], _ doubles: [Double]) {
    let floats = doubles.map { Float($0) }
    let isExact = zip(doubles, floats).allSatisfy { $0 == Double($1) }
    // The sign of a zero would be lost.
    let fraction = isExact ? nil : doubles.first { Int64(exactly: $0) == nil || ($0 == 0 && $0.sign == .minus) }
    let integers = isExact || fraction != nil ? nil : doubles.map { Int64($0) }
    self.init(integers.map { Tensor(dims, $0) } ?? Tensor(dims, floats), fraction: fraction)
  }

  private init(_ tensor: Tensor, fraction: Double?) { (self.tensor, self.fraction) = (tensor, fraction) }

  /// As a file in Fortran order has it, where its dimensions are `dims`.
  public func inFortranOrder(_ dims: [Int]) -> FileTensor {
    FileTensor(
      tensor.reshaped(to: dims.reversed()).transposed(Array(dims.indices.reversed())), fraction: fraction)
  }
}
