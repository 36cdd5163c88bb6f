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
  public mutating func expression(_ number: SymbolicNumber) -> Int {
    switch number {
    case .integer(let size): Int(entry(size))
    case .float(let number): Int(entry(number))
    }
  }

  private mutating func entry(_ operation: SizeOperation, _ operands: UInt32...) -> UInt32 {
    let zeros = Array(repeating: UInt32(0), count: 3 - operands.count), all = operands + zeros
    return entry(SizeExpression(operation, all[0], all[1], all[2]))
  }

  private mutating func entry(_ expression: SizeExpression) -> UInt32 {
    if let index = expressions.firstIndex(of: expression) { return UInt32(index) }
    expressions.append(expression)
    return UInt32(expressions.count - 1)
  }

  private mutating func entry(constant: Int) -> UInt32 { entry(.integer(Int64(constant))) }

  private mutating func entry(_ size: Size) -> UInt32 {
    var sum: UInt32?
    // Positive terms first, so that most sums stay positive on their way.
    let ordered = size.terms.filter { $0.coefficient > 0 } + size.terms.filter { $0.coefficient < 0 }
    for term in ordered {
      let isSubtracted = sum != nil && term.coefficient < 0 && term.coefficient != .min
      let value = entry(term, coefficient: isSubtracted ? -term.coefficient : term.coefficient)
      sum = sum.map { entry(isSubtracted ? .subtract : .add, $0, value) } ?? value
    }
    return sum ?? entry(constant: 0)
  }

  private mutating func entry(_ term: Size.Term, coefficient: Int) -> UInt32 {
    var product: UInt32? = coefficient == 1 && term.monomial != .one ? nil : entry(constant: coefficient)
    for atom in term.monomial.atoms {
      let factor = entry(atom)
      product = product.map { entry(.multiply, $0, factor) } ?? factor
    }
    return product ?? entry(constant: 1)
  }

  private mutating func entry(_ atom: SizeAtom) -> UInt32 {
    switch atom.kind {
    case .symbol(let index, _): return entry(.symbol(index))
    case .quotient(let a, let b):
      let numerator = entry(a), divisor = entry(b)
      return entry(.floorDivide, numerator, divisor)
    case .positive(let a):
      let value = entry(a), zero = entry(constant: 0)
      return entry(.maximum, value, zero)
    case .whereNegative(let a, let b, let c):
      let condition = entry(a), first = entry(b), second = entry(c)
      return entry(.whereNegative, condition, first, second)
    case .truncated(let number):
      let value = entry(number)
      return entry(.floatToInteger, value)
    case .tooLong: preconditionFailure("a size that is too long")
    }
  }

  private mutating func entry(_ number: FloatSize) -> UInt32 {
    switch number.kind {
    case .constant(let bits): return entry(.float(Float(bitPattern: bits)))
    case .exact(let size, let shift):
      let integer = entry(size), value = entry(.integerToFloat, integer)
      if shift == 0 { return value }
      let factor = entry(.float(Float(sign: .plus, exponent: -shift, significand: 1)))
      return entry(.floatMultiply, value, factor)
    case .rounded(let size):
      let integer = entry(size)
      return entry(.integerToFloat, integer)
    case .computed(let operation, let operands):
      var values: [UInt32] = []
      for operand in operands { values.append(entry(operand)) }
      return entry(SizeExpression(operation, values[0], values.count > 1 ? values[1] : 0))
    case .tooLong: preconditionFailure("a number that is too long")
    }
  }
}

extension Size {
  /// The indices of the symbols that it follows from.
  public var symbols: Set<Int> {
    terms.reduce(into: []) { symbols, term in for atom in term.monomial.atoms { symbols.formUnion(atom.symbols) } }
  }
}

extension SizeAtom {
  fileprivate var symbols: Set<Int> {
    switch kind {
    case .symbol(let index, _): [index]
    case .quotient(let a, let b): a.symbols.union(b.symbols)
    case .positive(let a): a.symbols
    case .whereNegative(let a, let b, let c): a.symbols.union(b.symbols).union(c.symbols)
    case .truncated(let number): number.symbols
    case .tooLong: []
    }
  }
}

extension FloatSize {
  fileprivate var symbols: Set<Int> {
    switch kind {
    case .constant, .tooLong: []
    case .exact(let size, _), .rounded(let size): size.symbols
    case .computed(_, let operands): operands.reduce(into: []) { $0.formUnion($1.symbols) }
    }
  }
}
