import PrefactorModelFormat

/// The dimensions of a tensor at all sizes of the network's inputs, outermost first, and its element type.
public struct SymbolicShape: Hashable {
  public var dims: [Size]
  public var type: ElementType

  public init(_ dims: [Size], type: ElementType = .float32) {
    self.dims = dims
    self.type = type
  }

  public init(_ shape: Shape) { self.init(shape.dims.map { Size($0) }, type: shape.type) }

  public var rank: Int { dims.count }
  public subscript(axis: Int) -> Size { dims[axis] }
  public var count: Size { dims.product }

  /// The same as numbers, if no dimension is open.
  public var fixed: Shape? {
    let numbers = dims.compactMap(\.constant)
    return numbers.count == rank && rank <= Shape.maximumRank ? Shape(numbers, type: type) : nil
  }
}

/// Why an operation cannot have inputs of such shapes, whatever the open dimensions are, or why that cannot be told.
public struct SymbolicShapeError: Error, CustomStringConvertible {
  public var description: String
  public init(_ description: String) { self.description = description }
}

extension Graph {
  /// The shape of every value at all sizes that the operations accept.
  public func symbolicShapes(isNarrowedByReshapes: Bool = true) throws -> [Value: SymbolicShape] {
    var accepted = AcceptedSizes(symbols: symbols.count)
    accepted.isNarrowedByReshapes = isNarrowedByReshapes
    return try symbolicShapes(narrowing: &accepted)
  }

  /// The same, with what sizes those are.
  func symbolicShapes(narrowing accepted: inout AcceptedSizes) throws -> [Value: SymbolicShape] {
    while true {
      let before = accepted.bounds
      let shapes = try symbolicShapes(&accepted)
      if accepted.bounds == before { return shapes }
    }
  }

  private func symbolicShapes(_ accepted: inout AcceptedSizes) throws -> [Value: SymbolicShape] {
    let symbols = accepted.bounds.enumerated().map { Size.symbol($0, $1) }
    var shapes: [Value: SymbolicShape] = [:]
    for input in inputs { shapes[input.value] = shape(of: input, symbols: symbols) }
    for (value, tensor) in constants { shapes[value] = SymbolicShape(tensor.dims.map { Size($0) }, type: tensor.type) }
    let numbers = symbolicExpressions(symbols: symbols)
    for node in nodes {
      do {
        let bound = Dictionary(uniqueKeysWithValues: node.bindings.map { ($0.word, numbers[$0.expression]) })
        let inputs = node.inputs.map { $0.flatMap { shapes[$0] } }
        let output = try node.operation.symbolicShape(inputs, bound)
        shapes[node.output] = output
        accepted.narrow(by: node.operation, inputs, output: output)
      } catch let error as SymbolicShapeError {
        throw ShapeError(node: node.name, reason: error.description)
      }
    }
    return shapes
  }
}

extension Graph {
  /// Says what the dimensions of outputs are where that is not known yet, and can be expressed.
  mutating func stateOutputDimensions() {
    let unknown = outputs.filter { outputDimensions[$0] == nil }
    guard !unknown.isEmpty, let shapes = try? symbolicShapes() else { return }
    for output in unknown { outputDimensions[output] = shapes[output].map { dimensions($0.dims) } }
  }

  /// Sizes as the dimensions of an output.
  public mutating func dimensions(_ sizes: [Size]) -> [OutputDimension] {
    var dimensions: [OutputDimension] = []
    for size in sizes { dimensions.append(size.constant.map { .fixed($0) } ?? .expression(expression(.integer(size)))) }
    return dimensions
  }
}

extension SymbolicShape {
  /// The common shape under NumPy's rules, with this one's type. The last `skipping` axes are left out.
  public func broadcast(with other: SymbolicShape, skipping: Int = 0) throws -> SymbolicShape {
    let left = dims.dropLast(skipping)
    let right = other.dims.dropLast(skipping)
    let rank = max(left.count, right.count)
    func padded(_ dims: ArraySlice<Size>) -> [Size] { Array(repeating: Size(1), count: rank - dims.count) + dims }
    return SymbolicShape(try zip(padded(left), padded(right)).map { try $0.broadcast(with: $1) }, type: type)
  }
}

extension Size {
  /// The larger one, where one of two dimensions is 1 or both are equal: what else there might be, the runtime refuses.
  func broadcast(with other: Size) throws -> Size {
    if self == other || other.constant == 1 { return self }
    if constant == 1 { return other }
    if let left = constant, let right = other.constant {
      throw SymbolicShapeError("dimensions \(left) and \(right) do not broadcast")
    }
    // What is known to be above 1 has its way.
    if bounds.lower > 1 { return self }
    if other.bounds.lower > 1 { return other }
    if isPositive && other.isPositive { return Size.maximum(self, other) }
    return Size.select(isEqual(to: Size(1)), other, self)
  }
}
