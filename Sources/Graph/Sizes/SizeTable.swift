import PrefactorModelFormat

/// Numbers that follow from symbols, as a file has them: each entry is computed from entries before it, and none is
/// there twice.
struct SizeTable {
  private(set) var entries: [SizeExpression] = []
  private var places: [SizeExpression: UInt32] = [:]
  /// Of what has been added before, so that shared parts are looked at once.
  private var atoms: [SizeAtom: UInt32] = [:], floats: [FloatSize: UInt32] = [:]

  init(_ entries: [SizeExpression] = []) {
    self.entries = entries
    for (index, entry) in entries.enumerated() where places[entry] == nil { places[entry] = UInt32(index) }
  }

  /// What every entry comes to.
  func values(_ symbols: [Int64]) -> [SizeValue] {
    [SizeValue](unsafeUninitializedCapacity: entries.count) { values, count in
      symbols.withUnsafeBufferPointer { symbols in
        guard let values = values.baseAddress, let none = symbols.baseAddress ?? UnsafePointer(bitPattern: 8) else {
          return
        }
        for (index, entry) in entries.enumerated() { (values + index).initialize(to: entry.value(none, values)) }
      }
      count = entries.count
    }
  }

  /// The index of a number; it is added where it is not there yet.
  mutating func place(of number: SymbolicNumber) -> Int {
    switch number {
    case .integer(let size): Int(entry(size))
    case .float(let number): Int(entry(number))
    }
  }

  private mutating func entry(_ operation: SizeOperation, _ operands: UInt32...) -> UInt32 {
    let zeros = Array(repeating: UInt32(0), count: 3 - operands.count)
    let all = operands + zeros
    return entry(SizeExpression(operation, all[0], all[1], all[2]))
  }

  private mutating func entry(_ expression: SizeExpression) -> UInt32 {
    if let place = places[expression] { return place }
    let place = UInt32(entries.count)
    entries.append(expression)
    places[expression] = place
    return place
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
    if let place = atoms[atom] { return place }
    let place = entry(atom.kind)
    atoms[atom] = place
    return place
  }

  private mutating func entry(_ kind: SizeAtom.Kind) -> UInt32 {
    switch kind {
    case .symbol(let index, _): return entry(.symbol(index))
    case .quotient(let a, let b):
      let numerator = entry(a)
      let divisor = entry(b)
      return entry(.floorDivide, numerator, divisor)
    case .positive(let a, _):
      let value = entry(a)
      let zero = entry(constant: 0)
      return entry(.maximum, value, zero)
    case .whereNegative(let a, let b, let c):
      let condition = entry(a)
      let first = entry(b)
      let second = entry(c)
      return entry(.whereNegative, condition, first, second)
    case .truncated(let number):
      let value = entry(number)
      return entry(.floatToInteger, value)
    case .tooLong: preconditionFailure("a size that is too long")
    }
  }

  private mutating func entry(_ number: FloatSize) -> UInt32 {
    if let place = floats[number] { return place }
    let place = entry(number.kind)
    floats[number] = place
    return place
  }

  private mutating func entry(_ kind: FloatSize.Kind) -> UInt32 {
    switch kind {
    case .constant(let bits): return entry(.float(Float(bitPattern: bits)))
    case .exact(let size, let shift):
      let integer = entry(size)
      let value = entry(.integerToFloat, integer)
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
