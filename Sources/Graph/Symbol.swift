import PrefactorModelFormat

/// An open dimension of the network's inputs.
public struct Symbol: Hashable, Sendable {
  public var name: String
  public var role: SymbolRole
  /// The size that costs are counted at, where the role's usual one will not do.
  public var reference: Int?

  public init(name: String, role: SymbolRole, reference: Int? = nil) {
    self.name = name
    self.role = role
    self.reference = reference
  }
}

/// A dimension of an input of the network.
public enum InputDimension: Hashable, Sendable {
  case fixed(Int)
  /// Index into ``Graph/symbols``.
  case symbol(Int)

  public var number: Int? { if case .fixed(let number) = self { number } else { nil } }
}

/// A dimension of an output of the network.
public enum OutputDimension: Hashable, Sendable {
  case fixed(Int)
  /// Index into ``Graph/expressions``.
  case expression(Int)
}

/// What the network's open dimensions are taken to be, by their roles or one by one.
public struct Binding: Hashable, Sendable {
  public var batch: Int, height: Int, width: Int
  /// Nil: as the width.
  public var length: Int?
  /// Of symbols, by their index; these go before the others.
  public var sizes: [Int: Int]

  public init(batch: Int = 1, height: Int = 224, width: Int = 224, length: Int? = nil, sizes: [Int: Int] = [:]) {
    self.batch = batch
    self.height = height
    self.width = width
    self.length = length
    self.sizes = sizes
  }
}

extension Graph {
  /// The index of a symbol with this name, which is added where there is none yet.
  public mutating func symbol(named name: String, _ role: SymbolRole) -> Int {
    if let index = symbols.firstIndex(where: { $0.name == name }) { return index }
    symbols.append(Symbol(name: name, role: role))
    return symbols.count - 1
  }

  /// An input of which an open dimension 0 is the batch, the innermost one the width and any other the height, as in
  /// files of version 1.
  public mutating func addInput(name: String, type: ElementType = .float32, dims: [Int?]) -> Value {
    let dimensions = dims.enumerated().map { axis, dimension -> InputDimension in
      if let dimension { return .fixed(dimension) }
      if axis == 0 { return .symbol(symbol(named: "batch", .batch)) }
      return .symbol(axis == dims.count - 1 ? symbol(named: "width", .width) : symbol(named: "height", .height))
    }
    return addInput(name: name, type: type, dimensions: dimensions)
  }

  /// What an input takes, with the names of its open dimensions: "[N, 3, H, W]".
  public func shapeText(of input: Input) -> String {
    let dims = input.dimensions.map { dimension in
      switch dimension {
      case .fixed(let number): "\(number)"
      case .symbol(let index): symbols[index].name
      }
    }
    return "[\(dims.joined(separator: ", "))]"
  }

  public func size(ofSymbol index: Int, _ binding: Binding) -> Int {
    if let size = binding.sizes[index] { return size }
    switch symbols[index].role {
    case .batch: return binding.batch
    case .height: return binding.height
    case .width: return binding.width
    case .length: return binding.length ?? binding.width
    case .other: return symbols[index].reference ?? 1
    }
  }

  /// The sizes that costs are counted at: one image of the preprocessing's size.
  public var referenceBinding: Binding {
    var binding = preprocessing.map { Binding(batch: 1, height: $0.height, width: $0.width) } ?? Binding()
    for (index, symbol) in symbols.enumerated() {
      if preprocessing != nil && (symbol.role == .height || symbol.role == .width) { continue }
      binding.sizes[index] = symbol.reference
    }
    return binding
  }

  /// What every expression comes to.
  public func sizes(_ binding: Binding) -> [SizeValue] {
    table.values(symbols.indices.map { Int64(size(ofSymbol: $0, binding)) })
  }
}

extension Node {
  /// The operation with the words that sizes are computed for.
  public func operation(_ sizes: [SizeValue]) throws(Failure) -> Operation {
    var operation = operation
    for binding in bindings { operation = try operation.binding(word: binding.word, to: sizes[binding.expression]) }
    return operation
  }
}
