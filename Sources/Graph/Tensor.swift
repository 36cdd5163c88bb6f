import PrefactorModelFormat

/// A dense, row-major tensor in the compiler's memory.
public struct Tensor: Equatable {
  public enum Elements: Equatable {
    case float32([Float])
    case int64([Int64])
    /// Quantized values, mostly.
    case uint8([UInt8]), int8([Int8]), int32([Int32])
  }

  public private(set) var dims: [Int]
  public private(set) var elements: Elements

  /// The number of elements must be the product of `dims`; no dimensions make a scalar.
  public init(_ dims: [Int], _ elements: Elements) {
    self.dims = dims
    self.elements = elements
    precondition(withUnsafeBytes(\.count) == count * type.size)
  }

  public init(_ dims: [Int], _ floats: [Float]) { self.init(dims, .float32(floats)) }

  public init(_ dims: [Int], _ integers: [Int64]) { self.init(dims, .int64(integers)) }

  /// Integers as elements of a type that holds all of them.
  public init(_ dims: [Int], _ integers: [Int64], as type: ElementType) {
    switch type {
    case .int64: self.init(dims, .int64(integers))
    case .uint8: self.init(dims, .uint8(integers.map(UInt8.init)))
    case .int8: self.init(dims, .int8(integers.map(Int8.init)))
    case .int32: self.init(dims, .int32(integers.map(Int32.init)))
    case .float32, .float16: preconditionFailure("\(type) is not a type of integers")
    }
  }

  /// Those of all tensors.
  public static let types: [ElementType] = [.float32, .int64, .uint8, .int8, .int32]

  public var count: Int { dims.elementCount }

  public var type: ElementType {
    switch elements {
    case .float32: .float32
    case .int64: .int64
    case .uint8: .uint8
    case .int8: .int8
    case .int32: .int32
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

  /// The elements as one computes with them: integers of whatever type are Int64.
  public var numbers: Numbers {
    switch elements {
    case .float32(let values): .floats(values)
    case .int64(let values): .integers(values)
    case .uint8(let values): .integers(values.map(Int64.init))
    case .int8(let values): .integers(values.map(Int64.init))
    case .int32(let values): .integers(values.map(Int64.init))
    }
  }

  public enum Numbers {
    case floats([Float])
    case integers([Int64])
  }

  public func reshaped(to dims: [Int]) -> Tensor { Tensor(dims, elements) }

  /// The elements at the given flat indices.
  public func gathered(_ dims: [Int], _ indices: some Collection<Int>) -> Tensor {
    Tensor(dims, elements.map(Selection(indices: indices)))
  }

  /// Output axis i is axis `permutation[i]`.
  public func transposed(_ permutation: [Int]) -> Tensor {
    precondition(permutation.sorted() == Array(dims.indices))
    let newDims = permutation.map { dims[$0] }
    if count == 0 { return reshaped(to: newDims) }
    var strides = [Int](repeating: 1, count: dims.count)
    for axis in dims.indices.dropLast().reversed() { strides[axis] = strides[axis + 1] * dims[axis + 1] }
    return Tensor(newDims, elements.map(Transposition(dims: newDims, strides: permutation.map { strides[$0] })))
  }
}

// MARK: Bytes

extension Tensor {
  /// Copies elements of one of ``types`` as they lie in memory, as many as the dimensions say.
  public init(_ dims: [Int], type: ElementType, copying start: UnsafeRawPointer) {
    func copy<Element>(_: Element.Type) -> [Element] {
      [Element](UnsafeBufferPointer(start: start.assumingMemoryBound(to: Element.self), count: dims.elementCount))
    }
    switch type {
    case .float32: self.init(dims, .float32(copy(Float.self)))
    case .int64: self.init(dims, .int64(copy(Int64.self)))
    case .uint8: self.init(dims, .uint8(copy(UInt8.self)))
    case .int8: self.init(dims, .int8(copy(Int8.self)))
    case .int32: self.init(dims, .int32(copy(Int32.self)))
    case .float16: preconditionFailure("no tensor has the type \(type)")
    }
  }

  /// The elements as they lie in memory, little-endian on every processor that this runs on.
  public func withUnsafeBytes<Result>(_ body: (UnsafeRawBufferPointer) throws -> Result) rethrows -> Result {
    switch elements {
    case .float32(let values): try values.withUnsafeBytes(body)
    case .int64(let values): try values.withUnsafeBytes(body)
    case .uint8(let values): try values.withUnsafeBytes(body)
    case .int8(let values): try values.withUnsafeBytes(body)
    case .int32(let values): try values.withUnsafeBytes(body)
    }
  }
}

// MARK: Elements of any type

/// What becomes of elements, whatever they are.
private protocol Movement {
  func moved<Element>(_ source: [Element]) -> [Element]
}

private struct Selection<Indices: Collection<Int>>: Movement {
  let indices: Indices
  func moved<Element>(_ source: [Element]) -> [Element] { indices.map { source[$0] } }
}

/// Row-major over `dims`, with such distances in the source.
private struct Transposition: Movement {
  let dims, strides: [Int]

  func moved<Element>(_ source: [Element]) -> [Element] {
    var result: [Element] = []
    result.reserveCapacity(source.count)
    func walk(_ axis: Int, _ offset: Int) {
      if axis == dims.count {
        result.append(source[offset])
        return
      }
      for index in 0..<dims[axis] { walk(axis + 1, offset + index * strides[axis]) }
    }
    walk(0, 0)
    return result
  }
}

extension Tensor.Elements {
  fileprivate func map(_ movement: some Movement) -> Tensor.Elements {
    switch self {
    case .float32(let values): .float32(movement.moved(values))
    case .int64(let values): .int64(movement.moved(values))
    case .uint8(let values): .uint8(movement.moved(values))
    case .int8(let values): .int8(movement.moved(values))
    case .int32(let values): .int32(movement.moved(values))
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
