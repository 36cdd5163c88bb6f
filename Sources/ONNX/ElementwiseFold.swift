import PrefactorEngine
import PrefactorGraph
import PrefactorModelFormat

/// Tensors at import time: sizes and indices, mostly of a few elements.
extension Tensor {
  func broadcast(to target: [Int]) throws -> Tensor {
    guard dims != target else { return self }
    let count = try foldedCount(target)
    let missing = target.count - dims.count
    var indices = [0]
    indices.reserveCapacity(count)
    for axis in target.indices {
      let size = axis < missing ? 1 : dims[axis - missing]
      let step = size == 1 ? 0 : 1
      indices = indices.flatMap { base in (0..<target[axis]).map { base * size + $0 * step } }
    }
    return gathered(target, indices)
  }

  /// The elements along one axis at the given places.
  func selected(axis: Int, _ places: [Int]) throws -> Tensor {
    var result = dims
    result[axis] = places.count
    _ = try foldedCount(result)
    let inner = dims[(axis + 1)...].reduce(1, *)
    let outer = dims[..<axis].reduce(1, *)
    let indices = (0..<outer).flatMap { block in
      places.flatMap { place in (0..<inner).map { (block * dims[axis] + place) * inner + $0 } }
    }
    return gathered(result, indices)
  }

  var asFloats: [Float] {
    switch numbers {
    case .floats(let values): values
    case .integers(let values): values.map(Float.init)
    }
  }

  func integers() throws -> [Int] {
    guard type == .int64 else { throw ONNXError("floating-point numbers where integers are needed") }
    return int64s.map(Int.init)
  }

  /// The one element of a scalar, or of a tensor that stands for one.
  func scalar() throws -> Float {
    guard count == 1 else { throw ONNXError("a tensor of the dimensions \(dims) where a scalar is needed") }
    return asFloats[0]
  }
}

extension [Tensor?] {
  /// Sizes, indices and what is computed with them; larger tensors are those of the runtime.
  var areForImport: Bool {
    allSatisfy { $0?.type != .float32 } || allSatisfy { $0?.count ?? 0 <= SymbolicTensor.mostElements }
  }

  func tensor(_ index: Int) throws -> Tensor {
    guard index < count, let tensor = self[index] else { throw ONNXError("input \(index) is missing") }
    return tensor
  }

  func optionalIntegers(_ index: Int) throws -> [Int]? { index < count ? try self[index]?.integers() : nil }
}

/// The number of elements of a tensor that is to be computed at import, which a small model must not make arbitrarily
/// large.
func foldedCount(_ dims: [Int]) throws -> Int {
  let count = try elementCount(dims)
  guard count <= 1 << 28, FoldingBudget.current?.take(count) ?? true else {
    throw ONNXError(
      """
      a constant of the dimensions \(dims), with those computed before it, is too large for what the model brings \
      along
      """
    )
  }
  return count
}

func broadcastDims(_ left: [Int], _ right: [Int]) throws -> [Int] {
  let rank = max(left.count, right.count)
  func padded(_ dims: [Int]) -> [Int] { Array(repeating: 1, count: rank - dims.count) + dims }
  return try zip(padded(left), padded(right)).map { a, b in
    guard a == b || a == 1 || b == 1 else { throw ONNXError("the dimensions \(left) and \(right) do not broadcast") }
    return a == 1 ? b : a
  }
}

/// An element-wise function of two tensors at import. Integers stay integers; if only one side is, it is converted.
struct ElementwiseFold {
  var integers: (Int64, Int64) throws -> Int64
  var floats: (Float, Float) -> Float
  /// The same of sizes; nil where it cannot be said of them.
  var sizes: ((Size, Size) -> Size?)?
  var sizeFloats: SizeOperation?

  func callAsFunction(_ left: Tensor, _ right: Tensor) throws -> Tensor {
    let dims = try broadcastDims(left.dims, right.dims)
    _ = try foldedCount(dims)
    let left = try left.broadcast(to: dims)
    let right = try right.broadcast(to: dims)
    if left.type == .int64, right.type == .int64 {
      return Tensor(dims, try zip(left.int64s, right.int64s).map(integers))
    }
    return Tensor(dims, zip(left.asFloats, right.asFloats).map(floats))
  }

  func ofSizes(_ inputs: [SymbolicTensor?]) throws -> [SymbolicTensor]? {
    try foldSizes(inputs) { left, right in
      if let left = left.size, let right = right.size { return sizes.flatMap { $0(left, right) }.map { .integer($0) } }
      return sizeFloats.map { .float(.apply($0, left.asFloat, right.asFloat)) }
    }
  }
}

/// An element-wise function of two tensors of sizes; nil where it has no result for an element.
func foldSizes(
  _ inputs: [SymbolicTensor?], _ function: (SymbolicNumber, SymbolicNumber) -> SymbolicNumber?
) throws -> [SymbolicTensor]? {
  guard inputs.count == 2, let left = inputs[0], let right = inputs[1] else { return nil }
  let dims = try broadcastDims(left.dims, right.dims)
  let pairs = zip(try left.broadcast(to: dims), try right.broadcast(to: dims))
  let elements = pairs.compactMap { function($0, $1) }
  guard elements.count == dims.reduce(1, *) else { return nil }
  return [SymbolicTensor(dims, elements.contains { $0.float != nil } ? .float32 : .int64, elements)]
}

extension SymbolicTensor {
  /// The elements of this tensor broadcast to larger dimensions.
  func broadcast(to dims: [Int]) throws -> [SymbolicNumber] {
    try Tensor(self.dims, elements.indices.map(Int64.init)).broadcast(to: dims).int64s.map { elements[Int($0)] }
  }
}
