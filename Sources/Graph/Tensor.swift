import PrefactorModelFormat

/// A dense, row-major tensor in the compiler's memory.
public struct Tensor: Equatable {
  public enum Elements: Equatable {
    case float32([Float])
    case int64([Int64])
  }

  public var dims: [Int]
  public var elements: Elements

  /// The number of elements must be the product of `dims`; no dimensions make a scalar.
  public init(_ dims: [Int], _ floats: [Float]) {
    precondition(dims.elementCount == floats.count)
    self.dims = dims
    elements = .float32(floats)
  }

  public init(_ dims: [Int], _ integers: [Int64]) {
    precondition(dims.elementCount == integers.count)
    self.dims = dims
    elements = .int64(integers)
  }

  /// Those of all tensors.
  public static let types: [ElementType] = [.float32, .int64]

  public var count: Int { dims.elementCount }

  public var type: ElementType {
    switch elements {
    case .float32: .float32
    case .int64: .int64
    }
  }

  /// The elements of a float32 tensor; a type error in the program otherwise.
  public var floats: [Float] {
    guard case .float32(let values) = elements else { preconditionFailure("not a float32 tensor") }
    return values
  }

  public var int64s: [Int64] {
    guard case .int64(let values) = elements else { preconditionFailure("not an int64 tensor") }
    return values
  }

  public func reshaped(to dims: [Int]) -> Tensor {
    precondition(dims.elementCount == count)
    var result = self
    result.dims = dims
    return result
  }

  /// Output axis i is axis `permutation[i]`.
  public func transposed(_ permutation: [Int]) -> Tensor {
    precondition(permutation.sorted() == Array(dims.indices))
    let newDims = permutation.map { dims[$0] }
    if count == 0 { return reshaped(to: newDims) }
    var strides = [Int](repeating: 1, count: dims.count)
    for axis in dims.indices.dropLast().reversed() { strides[axis] = strides[axis + 1] * dims[axis + 1] }
    let newStrides = permutation.map { strides[$0] }
    func gather<Element>(_ source: [Element]) -> [Element] {
      var result: [Element] = []
      result.reserveCapacity(source.count)
      func walk(_ axis: Int, _ offset: Int) {
        if axis == newDims.count {
          result.append(source[offset])
          return
        }
        for index in 0..<newDims[axis] { walk(axis + 1, offset + index * newStrides[axis]) }
      }
      walk(0, 0)
      return result
    }
    switch elements {
    case .float32(let values): return Tensor(newDims, gather(values))
    case .int64(let values): return Tensor(newDims, gather(values))
    }
  }
}

extension [Int] {
  /// The product of dimensions. Beside one of 0, what others multiply to may be any number.
  fileprivate var elementCount: Int { contains(0) ? 0 : reduce(1, *) }
}

extension Shape {
  public init(_ dims: [Int], type: ElementType = .float32) {
    self.init(type: type)
    for dimension in dims { append(dimension) }
  }

  public var dims: [Int] { (0..<rank).map { self[$0] } }
}
