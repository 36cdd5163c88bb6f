import PrefactorModelFormat

/// A number that follows from the sizes of open dimensions.
public enum SymbolicNumber: Hashable, Sendable {
  case integer(Size)
  case float(FloatSize)

  public var isTooLong: Bool {
    switch self {
    case .integer(let size): size.isTooLong
    case .float(let number): number.isTooLong
    }
  }
}

// MARK: The graph's table of sizes

extension Graph {
  /// The dimensions of an input; `symbols` are the open ones, and those that are not there can have any size.
  public func shape(of input: Input, symbols: [Size] = []) -> SymbolicShape {
    let dims = input.dimensions.map { dimension in
      switch dimension {
      case .fixed(let number): Size(number)
      case .symbol(let index): index < symbols.count ? symbols[index] : .symbol(index)
      }
    }
    return SymbolicShape(dims, type: input.type)
  }

  /// What the entries of ``expressions`` are.
  func symbolicExpressions(symbols: [Size] = []) -> [SymbolicNumber] {
    var numbers: [SymbolicNumber] = []
    for expression in expressions { numbers.append(number(expression, numbers, symbols)) }
    return numbers
  }

  private func number(_ expression: SizeExpression, _ earlier: [SymbolicNumber], _ symbols: [Size]) -> SymbolicNumber {
    func integer(_ position: Int) -> Size {
      if case .integer(let size) = earlier[Int(expression.operand(position))] { size } else { .tooLong }
    }
    func float(_ position: Int) -> FloatSize {
      if case .float(let number) = earlier[Int(expression.operand(position))] { number } else { FloatSize(.nan) }
    }
    return switch expression.operation {
    case .integer: .integer(Size(Int(expression.constant)))
    case .symbol: .integer(expression.a < symbols.count ? symbols[Int(expression.a)] : .symbol(Int(expression.a)))
    case .add: .integer(integer(0) + integer(1))
    case .subtract: .integer(integer(0) - integer(1))
    case .multiply: .integer(integer(0) * integer(1))
    case .floorDivide: .integer(integer(0).floorDivided(by: integer(1)))
    case .modulo: .integer(integer(0).modulo(integer(1)))
    case .minimum: .integer(.minimum(integer(0), integer(1)))
    case .maximum: .integer(.maximum(integer(0), integer(1)))
    case .whereNegative: .integer(.whereNegative(integer(0), integer(1), integer(2)))
    case .float: .float(FloatSize(Float(bitPattern: expression.a)))
    case .integerToFloat: .float(FloatSize(integer(0)))
    case .floatToInteger: .integer(float(0).truncated)
    case .floatAdd, .floatSubtract, .floatMultiply, .floatDivide, .floatMinimum, .floatMaximum:
      .float(.apply(expression.operation, float(0), float(1)))
    case .floatFloor, .floatCeiling, .floatRound, .floatSquareRoot: .float(.apply(expression.operation, float(0)))
    }
  }

  /// The index of a number in ``expressions``; it is added where it is not there yet.
  public mutating func expression(_ number: SymbolicNumber) -> Int { table.place(of: number) }
}

// MARK: Symbols

extension Size {
  /// The indices of the symbols that it follows from.
  public var symbols: Set<Int> {
    var symbols = Symbols()
    symbols.visit(self)
    return symbols.found
  }
}

/// A walk over what numbers are made of, which comes by shared parts once.
private struct Symbols {
  private(set) var found: Set<Int> = []
  private var atoms: Set<SizeAtom> = [], floats: Set<FloatSize> = []

  mutating func visit(_ size: Size) {
    for term in size.terms { for atom in term.monomial.atoms where atoms.insert(atom).inserted { visit(atom.kind) } }
  }

  private mutating func visit(_ kind: SizeAtom.Kind) {
    switch kind {
    case .symbol(let index, _): found.insert(index)
    case .quotient(let a, let b): for size in [a, b] { visit(size) }
    case .positive(let a, _): visit(a)
    case .whereNegative(let a, let b, let c): for size in [a, b, c] { visit(size) }
    case .truncated(let number): visit(number)
    case .tooLong: break
    }
  }

  private mutating func visit(_ number: FloatSize) {
    guard floats.insert(number).inserted else { return }
    switch number.kind {
    case .constant, .tooLong: break
    case .exact(let size, _), .rounded(let size): visit(size)
    case .computed(_, let operands): for operand in operands { visit(operand) }
    }
  }
}
