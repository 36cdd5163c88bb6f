import PrefactorModelFormat

/// What sizes of the open dimensions a network's operations accept: a window must fit into its image, what a
/// fully-connected layer reads has its depth, and a reshape keeps the number of elements. The runtime refuses all
/// others, so that shapes need not hold for them.
struct AcceptedSizes {
  /// Of each symbol.
  private(set) var bounds: [SizeBounds]
  var isNarrowedByReshapes = true

  init(symbols: Int) { bounds = Array(repeating: .openDimension, count: symbols) }

  /// Takes what an operation says of its input and output into account.
  mutating func narrow(by operation: Operation, _ inputs: [SymbolicShape?], output: SymbolicShape) {
    switch operation {
    case .convolution, .pool:
      for size in output.dims[1...2] { narrow(size, atLeast: 1) }
    case .fullyConnected:
      if let last = inputs[0]?.dims.last, let depth = inputs[1]?.dims.last?.constant {
        narrow(product: last, to: depth)
      }
    case .reshape where isNarrowedByReshapes:
      if let input = inputs[0], let quotient = input.count.exactQuotient(by: output.count) {
        narrow(product: quotient, to: 1)
      }
    default: break
    }
  }

  /// By a product of dimensions, each of which is 1 or more.
  private mutating func narrow(product: Size, to number: Int) {
    guard product.constant == nil else { return }
    // Such as (h + 1)(w + 1), too.
    let sizes = product.factors
    let constants = sizes.filter { $0.constant != nil }.product.constant ?? 0
    let others = sizes.filter { $0.constant == nil }
    guard constants > 0, number % constants == 0, others.allSatisfy(\.isPositive) else { return }
    for size in others { narrow(size, atMost: number / constants) }
    if others.count == 1 { narrow(others[0], atLeast: number / constants) }
  }

  private mutating func narrow(_ size: Size, atLeast least: Int) {
    guard size.bounds.lower < least, let (symbol, value) = size.growth else { return }
    if let first = bounds[symbol].first(where: { value($0) ?? .min >= least }) { bounds[symbol].lower = first }
  }

  private mutating func narrow(_ size: Size, atMost most: Int) {
    guard size.bounds.upper > most, let (symbol, value) = size.growth else { return }
    let range = bounds[symbol]
    // Behind the last one that is accepted.
    if let first = range.first(where: { value($0) ?? .min > most }), first > range.lower {
      bounds[symbol].upper = first - 1
    }
  }
}

extension SizeBounds {
  /// The least integer for which something holds, if it holds for all larger ones too.
  fileprivate func first(where holds: (Int) -> Bool) -> Int? {
    guard holds(upper) else { return nil }
    var (low, high) = (lower, upper)
    while low < high {
      let middle = low + (high - low) / 2
      if holds(middle) { high = middle } else { low = middle + 1 }
    }
    return low
  }
}

extension Size {
  /// Sizes of one symbol each whose product this is, as far as it can be taken apart.
  fileprivate var factors: [Size] {
    for symbol in symbols.sorted() where symbols.count > 1 {
      // What is there of the symbol beside one monomial of the others.
      guard let leading = terms.first else { break }
      let others = Monomial(atoms: leading.monomial.atoms.filter { !Size($0).symbols.contains(symbol) })
      let part = Size.sum(
        terms.compactMap { term in
          guard let rest = term.monomial.divided(by: others), rest.atoms.allSatisfy({ Size($0).symbols == [symbol] })
          else { return nil }
          return Term(monomial: rest, coefficient: term.coefficient)
        })
      let divisor = part.terms.reduce(0) { greatestCommonDivisor($0, $1.coefficient) }
      guard divisor > 0, let primitive = part.exactQuotient(by: Size(divisor)), !primitive.symbols.isEmpty,
        let rest = exactQuotient(by: primitive)
      else { continue }
      return [primitive] + rest.factors
    }
    let divisor = terms.reduce(0) { greatestCommonDivisor($0, $1.coefficient) }
    return divisor > 1 ? [Size(divisor), exactQuotient(by: Size(divisor)) ?? self] : [self]
  }

  /// The one symbol that it follows from, if it never falls where that grows, and its values; nil where one overflows.
  fileprivate var growth: (symbol: Int, value: (Int) -> Int?)? {
    guard isGrowing, let symbol = symbols.first, symbols.count == 1 else { return nil }
    var table = SizeTable()
    let place = table.place(of: .integer(self))
    return (
      symbol,
      { [table] size in
        let value = table.values(Array(repeating: Int64(size), count: symbol + 1))[place]
        return value.isDefined ? Int(value.integer) : nil
      }
    )
  }
}
