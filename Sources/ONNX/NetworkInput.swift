import PrefactorGraph
import PrefactorModelFormat

/// An input of the network, as the model declares it.
struct NetworkInput {
  enum Dimension: Equatable {
    case fixed(Int)
    /// With the name that the model gives it, or "".
    case open(String)

    var number: Int? { if case .fixed(let number) = self { number } else { nil } }
  }

  var name: String
  var type: Int32
  var dims: [Dimension]
  /// In the runtime's type, where it has one.
  var given: Tensor?
  /// What the graph takes in its place; nil where the graph has nothing like the input's type.
  var runtimeType: ElementType?

  /// `shape` fixes dimensions; those that are nil there stay as they are.
  init(_ declaration: Onnx_ValueInfoProto, given: Tensor?, shape: [Int?]?, _ readers: Readers) throws {
    name = declaration.name
    guard case .tensorType(let tensor)? = declaration.type.value else {
      throw ONNXError("input '\(declaration.name)' is not a tensor")
    }
    type = tensor.elemType
    let runtimeType = DataType(rawValue: type)?.held ?? InputType(type)?.element(ofInput: name, readers)
    self.runtimeType = runtimeType
    self.given = given.flatMap { tensor in
      switch (runtimeType, tensor.numbers) {
      case (.float32, _): Tensor(tensor.dims, tensor.asFloats)
      case (nil, _), (_, .integers): tensor
      // Whoever gives it finds out that the graph takes no such numbers.
      case (_, .floats(let floats)):
        floats.allSatisfy { Int64(exactly: $0) != nil } ? Tensor(tensor.dims, floats.map { Int64($0) }) : nil
      }
    }
    if tensor.hasShape {
      dims = try tensor.shape.dim.map { dimension in
        switch dimension.value {
        // Exporters of Paddle write -1 for what is open.
        case .dimValue(-1): return .open("")
        case .dimValue(let size):
          guard size >= 0, size <= Int32.max else {
            throw ONNXError("input '\(declaration.name)' has a dimension of \(size)")
          }
          return .fixed(Int(size))
        case .dimParam(let name): return .open(name)
        case nil: return .open("")
        }
      }
    } else if let given {
      dims = given.dims.map { .fixed($0) }
    } else if let shape {
      dims = shape.map { $0.map { .fixed($0) } ?? .open("") }
    } else {
      throw ONNXError("input '\(declaration.name)' has no shape")
    }
    guard dims.count <= Shape.maximumRank else {
      throw ONNXError("input '\(declaration.name)' has \(dims.count) dimensions, \(Shape.maximumRank) are supported")
    }
    if let shape { try fix(shape) }
  }

  private mutating func fix(_ shape: [Int?]) throws {
    guard shape.count == dims.count else {
      throw ONNXError(
        "the shape for input '\(name)' has \(shape.count) dimensions, and the input has \(dims.count): \(description)")
    }
    for (axis, size) in shape.enumerated() {
      guard let size, dims[axis] != .fixed(size) else { continue }
      if let number = dims[axis].number {
        throw ONNXError("dimension \(axis) of input '\(name)' is \(number) in the model, and cannot be \(size)")
      }
      dims[axis] = .fixed(size)
    }
  }

  /// What the graph says of a type that it has not.
  var typeRecord: (key: String, value: String)? { InputType(type).map { (InputType.metadataKey(name), $0.rawValue) } }

  /// The name and shape, as `--shape` takes them.
  var description: String { "\(name)=" + dims.map { $0.number.map(String.init) ?? "?" }.joined(separator: "x") }
}

// MARK: What open dimensions are

extension NetworkInput {
  var isVector: Bool { dims.count == 1 }

  /// The name of an open dimension's symbol, which is the model's where that tells it from the input's other
  /// dimensions.
  func symbolName(_ axis: Int) -> String {
    guard case .open(let own) = dims[axis], !own.isEmpty, own != "?", own != "None", own != "-1",
      dims.count(where: { $0 == .open(own) }) == 1
    else { return "\(name).\(axis)" }
    return own
  }

  /// A vector is a signal where all inputs are vectors. Beside others it has a number for each of their batch.
  func role(_ axis: Int, isChannelsLast: Bool, amongVectors: Bool) -> SymbolRole {
    if case .open(let name) = dims[axis], ["batch", "batch_size", "batchsize"].contains(name.lowercased()) {
      return .batch
    }
    switch (dims.count, axis) {
    case (1, 0): return amongVectors ? .length : .batch
    case (_, 0): return .batch
    case (4, _): return axis == (isChannelsLast ? 1 : 2) ? .height : axis == (isChannelsLast ? 2 : 3) ? .width : .other
    case (3, 2), (2, 1): return .length
    case (3, 1): return dims[2].number == nil ? .other : .length
    default: return .other
    }
  }

  /// Whether it holds images whose channels are innermost: by its dimensions, or because all that is done with it is to
  /// put them first.
  func isChannelsLast(_ readers: Readers) -> Bool {
    guard dims.count == 4 else { return false }
    let channels = [1, 3, 4]
    if let last = dims[3].number, channels.contains(last), !(dims[1].number.map(channels.contains) ?? false) {
      return true
    }
    let nodes = readers.nodes(of: name)
    return !nodes.isEmpty
      && nodes.allSatisfy {
        $0.opType == "Transpose" && $0.attribute.first { $0.name == "perm" }?.ints == [0, 3, 1, 2]
      }
  }
}
