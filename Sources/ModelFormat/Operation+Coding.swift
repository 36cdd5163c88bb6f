import CPrefactor

/// The attributes of an operation as they lie in the file: 32-bit words.
extension Operation {
  /// Calls `body` with the attributes' bytes.
  public func withAttributes<Result>(_ body: (UnsafeRawBufferPointer) -> Result) -> Result {
    switch self {
    case .convolution(let attributes): bytes(of: attributes, body)
    case .fullyConnected(let attributes): bytes(of: attributes, body)
    case .matrixProduct: body(UnsafeRawBufferPointer(start: nil, count: 0))
    case .pool(let attributes): bytes(of: attributes, body)
    case .responseNormalization(let attributes): bytes(of: attributes, body)
    case .unary(let attributes): bytes(of: attributes, body)
    case .binary(let attributes): bytes(of: attributes, body)
    case .softmax(let attributes): bytes(of: attributes, body)
    case .affine(let attributes): bytes(of: attributes, body)
    case .concatenation(let attributes): bytes(of: attributes, body)
    case .slice(let attributes): bytes(of: attributes, body)
    case .padding(let attributes): bytes(of: attributes, body)
    case .transpose(let attributes): bytes(of: attributes, body)
    case .reshape(let attributes): bytes(of: attributes, body)
    case .expansion(let attributes): bytes(of: attributes, body)
    case .tile(let attributes): bytes(of: attributes, body)
    case .gather(let attributes): bytes(of: attributes, body)
    case .resize(let attributes): bytes(of: attributes, body)
    case .depthToSpace(let attributes): bytes(of: attributes, body)
    case .reduction(let attributes): bytes(of: attributes, body)
    case .argMax(let attributes): bytes(of: attributes, body)
    case .cast(let attributes): bytes(of: attributes, body)
    case .sizes(let attributes): bytes(of: attributes, body)
    }
  }

  /// Reads attributes back. Their values are not checked here: each operation's shape rule does that.
  public init(code: OperationCode, attributes: UnsafeRawBufferPointer) throws(Failure) {
    switch code {
    case .convolution: self = .convolution(try load(attributes))
    case .fullyConnected: self = .fullyConnected(try load(attributes))
    case .matrixProduct: self = .matrixProduct
    case .pool: self = .pool(try load(attributes))
    case .responseNormalization: self = .responseNormalization(try load(attributes))
    case .unary: self = .unary(try load(attributes))
    case .binary: self = .binary(try load(attributes))
    case .softmax: self = .softmax(try load(attributes))
    case .affine: self = .affine(try load(attributes))
    case .concatenation: self = .concatenation(try load(attributes))
    case .slice: self = .slice(try load(attributes))
    case .padding: self = .padding(try load(attributes))
    case .transpose: self = .transpose(try load(attributes))
    case .reshape: self = .reshape(try load(attributes))
    case .expansion: self = .expansion(try load(attributes))
    case .tile: self = .tile(try load(attributes))
    case .gather: self = .gather(try load(attributes))
    case .resize: self = .resize(try load(attributes))
    case .depthToSpace: self = .depthToSpace(try load(attributes))
    case .reduction: self = .reduction(try load(attributes))
    case .argMax: self = .argMax(try load(attributes))
    case .cast: self = .cast(try load(attributes))
    case .sizes: self = .sizes(try load(attributes))
    }
  }
}

private func bytes<Attributes, Result>(of attributes: Attributes, _ body: (UnsafeRawBufferPointer) -> Result) -> Result
{
  withUnsafeBytes(of: attributes, body)
}

private func load<Attributes: BitwiseCopyable>(_ bytes: UnsafeRawBufferPointer) throws(Failure) -> Attributes {
  guard bytes.count == MemoryLayout<Attributes>.size, let base = bytes.baseAddress else {
    throw Failure(
      PF_ERROR_BAD_MODEL, "has # bytes of attributes where its operation has #", bytes.count,
      MemoryLayout<Attributes>.size)
  }
  return base.loadUnaligned(as: Attributes.self)
}
