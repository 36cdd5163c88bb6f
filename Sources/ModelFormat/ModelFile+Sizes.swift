import CPrefactor

/// Symbols, which are the open dimensions of the inputs, and the sizes that follow from them. A file of version 1 has
/// the symbols 0 batch, 1 height and 2 width, each of which is the expression of the same number.
extension ModelFile {
  public struct Symbol {
    public let name: UnsafePointer<CChar>
    public let role: SymbolRole
    /// The size that costs are counted at; 0 where it is the role's usual one.
    public let reference: Int
  }

  private var isOldest: Bool { version == Layout.oldestVersion }

  public var symbolCount: Int { isOldest ? 3 : count(.symbols) }

  public func symbol(_ index: Int) -> Symbol {
    if isOldest {
      let name: StaticString = index == 0 ? "batch" : index == 1 ? "height" : "width"
      return Symbol(name: name.cString, role: index == 0 ? .batch : index == 1 ? .height : .width, reference: 0)
    }
    let record = record(.symbols, index)
    return Symbol(
      name: string(record.uint32(Layout.Symbol.name)),
      role: SymbolRole(rawValue: record.uint32(Layout.Symbol.role)) ?? .other,
      reference: record.index(Layout.Symbol.reference))
  }

  public var expressionCount: Int { isOldest ? 3 : count(.expressions) }

  public func expression(_ index: Int) -> SizeExpression {
    if isOldest { return .symbol(index) }
    let record = record(.expressions, index)
    return SizeExpression(
      SizeOperation(rawValue: record.uint32(Layout.Expression.operation)) ?? .integer,
      record.uint32(Layout.Expression.a),
      record.uint32(Layout.Expression.b), record.uint32(Layout.Expression.c))
  }

  /// The expression that a dimension of an input or output is; nil for a number, or where the file does not say.
  public func expression(ofValue value: Int, axis: Int) -> Int? {
    let record = record(.values, value)
    let dimension = record.int32(Layout.Value.dims + 4 * axis)
    guard dimension < 0, dimension != Layout.unstated else { return nil }
    guard isOldest else { return Int(-1 - dimension) }
    // Of outputs it only says that they are open.
    if record.uint32(Layout.Value.kind) != ValueKind.input.rawValue { return nil }
    return axis == 0 ? 0 : axis == record.index(Layout.Value.rank) - 1 ? 2 : 1
  }

  /// The symbol that a dimension of an input or output is; nil for anything else.
  public func symbol(ofValue value: Int, axis: Int) -> Int? {
    guard let index = expression(ofValue: value, axis: axis) else { return nil }
    let expression = expression(index)
    return expression.operation == .symbol ? Int(expression.a) : nil
  }

  public func binding(_ index: Int) -> (node: Int, binding: AttributeBinding) {
    let record = record(.bindings, index)
    return (
      record.index(Layout.Binding.node),
      AttributeBinding(word: record.index(Layout.Binding.word), expression: record.index(Layout.Binding.expression))
    )
  }
}

// MARK: Checks

extension ModelFile {
  /// Whether a negative dimension of an input or computed value means something.
  func isOpen(_ dimension: Int32, _ kind: ValueKind) -> Bool {
    if isOldest { return dimension == Layout.open }
    if dimension == Layout.unstated { return kind == .computed }
    let index = Int(-1 - dimension)
    guard index < count(.expressions) else { return false }
    let operation = expression(index).operation
    return kind == .input ? operation == .symbol : !operation.isFloat
  }

  func checkSizes() throws(Failure) {
    guard count(.symbols) <= Layout.maximumSymbols, count(.expressions) <= Layout.maximumExpressions else {
      throw Failure(
        PF_ERROR_BAD_MODEL, "has # symbols and # expressions, which is too many", count(.symbols), count(.expressions))
    }
    for index in 0..<count(.symbols) {
      let record = record(.symbols, index)
      guard isString(record.uint32(Layout.Symbol.name)), SymbolRole(rawValue: record.uint32(Layout.Symbol.role)) != nil,
        record.uint32(Layout.Symbol.reference) <= UInt32(truncatingIfNeeded: Layout.maximumSize)
      else {
        throw Failure(
          PF_ERROR_BAD_MODEL, "symbol # has an unknown role, too large a size, or a name outside the strings", index)
      }
    }
    for index in 0..<count(.expressions) { try checkExpression(index) }
  }

  private func checkExpression(_ index: Int) throws(Failure) {
    let code = record(.expressions, index).uint32(Layout.Expression.operation)
    guard SizeOperation(rawValue: code) != nil else {
      throw Failure(
        PF_ERROR_VERSION, "expression # has the operation #, which is not known to this release", index,
        Int(truncatingIfNeeded: code))
    }
    let entry = expression(index)
    if entry.operation == .symbol {
      guard entry.a < UInt32(count(.symbols)) else {
        throw Failure(PF_ERROR_BAD_MODEL, "expression # is a symbol that is not there", index)
      }
    }
    for position in 0..<entry.operation.operandCount {
      let operand = entry.operand(position)
      guard operand < UInt32(index) else {
        throw Failure(PF_ERROR_BAD_MODEL, "expression # is computed of one that does not come before it", index)
      }
      guard expression(Int(operand)).operation.isFloat == entry.operation.takesFloats else {
        throw Failure(
          PF_ERROR_BAD_MODEL, "expression # takes integers where it needs float32 numbers, or the other way round",
          index)
      }
    }
  }

  func checkBindings() throws(Failure) {
    var last = (node: 0, word: -1)
    for index in 0..<count(.bindings) {
      let (position, binding) = binding(index)
      guard position < count(.nodes), position > last.node || (position == last.node && binding.word > last.word) else {
        throw Failure(PF_ERROR_BAD_MODEL, "binding # is of a node that is not there, or not in order", index)
      }
      last = (position, binding.word)
      guard binding.word < record(.nodes, position).index(Layout.Node.attributeCount),
        binding.expression < count(.expressions)
      else {
        throw Failure(
          PF_ERROR_BAD_MODEL, "binding # has an attribute word or an expression that is not there", index,
          node: position)
      }
      let operation = try node(position).operation
      guard expression(binding.expression).operation.isFloat == operation.isFloat(word: binding.word) else {
        throw Failure(
          PF_ERROR_BAD_MODEL, "binding # gives a float32 number to an integer word, or the other way round", index,
          node: position)
      }
    }
  }
}
