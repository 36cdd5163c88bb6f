import CPrefactor
import PrefactorModelFormat

/// What the open dimensions are, and what the file computes from that.
struct PlannedSizes {
  let symbols: UnsafeMutablePointer<Int64>
  let values: UnsafeMutablePointer<SizeValue>
  /// For each value, whether it is computed from how many images there are.
  let variesWithBatch: UnsafeMutablePointer<Bool>

  init?(_ file: ModelFile, _ bump: inout BumpAllocator) {
    let symbols = bump.take(file.symbolCount, of: Int64.self)
    let values = bump.take(file.expressionCount, of: SizeValue.self)
    let variesWithBatch = bump.take(file.expressionCount, of: Bool.self)
    guard let symbols, let values, let variesWithBatch else { return nil }
    (self.symbols, self.values, self.variesWithBatch) = (symbols, values, variesWithBatch)
  }
}

/// The sizes that a session is created for: first those of the inputs' open dimensions, then all that the file computes
/// from them.
extension Plan {
  func computeSizes(_ options: SessionOptions) throws(Failure) {
    sizes.symbols.initialize(repeating: 0, count: file.symbolCount)
    try takeShapes(options)
    for symbol in 0..<file.symbolCount where sizes.symbols[symbol] == 0 {
      sizes.symbols[symbol] = try size(of: symbol, options)
    }
    try check(.batch, options.batch > 1 ? options.batch : 0)
    try check(.height, options.height)
    try check(.width, options.width)
    try check(.length, options.length)
    for index in 0..<file.expressionCount { sizes.variesWithBatch[index] = dependsOnBatch(file.expression(index)) }
    if options.isSingleImage {
      for symbol in 0..<file.symbolCount where isBatch(symbol) { sizes.symbols[symbol] = 1 }
    }
    for index in 0..<file.expressionCount {
      sizes.values[index] = file.expression(index).value(sizes.symbols, sizes.values)
    }
  }

  /// What the shapes given for the inputs say.
  private func takeShapes(_ options: SessionOptions) throws(Failure) {
    guard options.inputShapes.count <= file.count(.inputs) else {
      throw Failure(
        PF_ERROR_INVALID_ARGUMENT, "shapes of # inputs are given, and the network has #", options.inputShapes.count,
        file.count(.inputs))
    }
    for index in options.inputShapes.indices {
      let shape = options.inputShapes[index]
      // All zeros say nothing.
      if shape.rank == 0 { continue }
      let input = file.number(.inputs, index)
      let declared = try file.value(input)
      guard Int(shape.rank) == declared.shape.rank else {
        throw Failure(PF_ERROR_SHAPE, "input '@' has # dimensions, not #", declared.shape.rank, Int(shape.rank)).naming(
          declared.name)
      }
      for axis in 0..<declared.shape.rank {
        guard let size = shape.size(axis) else { continue }
        if let symbol = file.symbol(ofValue: input, axis: axis) {
          try set(symbol, to: size, fromInput: index, options)
        } else if Int64(declared.shape[axis]) != size {
          throw disagreement(declared, axis, Int(clamping: size))
        }
      }
    }
  }

  private func set(_ symbol: Int, to size: Int64, fromInput index: Int, _ options: SessionOptions) throws(Failure) {
    if sizes.symbols[symbol] != 0, sizes.symbols[symbol] != size {
      let other = firstInput(with: symbol) { input, axis in
        options.inputShapes[input].rank > 0 && options.inputShapes[input].size(axis) != nil
      }
      throw Failure(
        PF_ERROR_SHAPE, "inputs '@' and '@' share the size '@', and are given # and #", Int(sizes.symbols[symbol]),
        Int(clamping: size)
      )
      .naming(name(ofInput: other?.index ?? index), name(ofInput: index), file.symbol(symbol).name)
    }
    guard size <= Layout.maximumSize else {
      throw Failure(PF_ERROR_INVALID_ARGUMENT, "a size of # for '@' of input '@' is too large", Int(clamping: size))
        .naming(file.symbol(symbol).name, name(ofInput: index))
    }
    sizes.symbols[symbol] = size
  }

  /// By what it is, where no input's shape says.
  private func size(of symbol: Int, _ options: SessionOptions) throws(Failure) -> Int64 {
    let (name, role) = (file.symbol(symbol).name, file.symbol(symbol).role)
    let size =
      switch role {
      case .batch: options.batch
      case .height: options.height > 0 ? options.height : preprocessed(Layout.Preprocessing.height)
      case .width: options.width > 0 ? options.width : preprocessed(Layout.Preprocessing.width)
      case .length: options.length > 0 ? options.length : options.width
      case .other: 0
      }
    if size > 0 { return Int64(size) }
    // One that no input has is never asked for.
    guard let (input, axis) = firstInput(with: symbol) else { return 1 }
    throw Failure(PF_ERROR_SHAPE, "input '@' leaves dimension # open, '@': say how large it is", axis).naming(
      self.name(ofInput: input), name)
  }

  private func preprocessed(_ field: Int) -> Int {
    file.count(.preprocessing) == 1 ? Int(file.record(.preprocessing, 0).int32(field)) : 0
  }

  private func firstInput(with symbol: Int, where isWanted: (_ index: Int, _ axis: Int) -> Bool = { _, _ in true }) -> (
    index: Int, axis: Int
  )? {
    for index in 0..<file.count(.inputs) {
      let value = file.number(.inputs, index)
      for axis in 0..<file.rank(ofValue: value)
      where file.symbol(ofValue: value, axis: axis) == symbol && isWanted(index, axis) { return (index, axis) }
    }
    return nil
  }

  private func name(ofInput index: Int) -> UnsafePointer<CChar> { file.name(ofValue: file.number(.inputs, index)) }

  private func disagreement(_ input: ModelFile.Value, _ axis: Int, _ size: Int) -> Failure {
    Failure(
      PF_ERROR_SHAPE, "input '@' takes # along dimension #, not #", wide: Int64(input.shape[axis]), Int64(axis),
      Int64(size)
    ).naming(input.name)
  }

  /// The shape of input `index`.
  func inputShape(_ index: Int, _ options: SessionOptions) throws(Failure) -> Shape {
    let value = file.number(.inputs, index)
    let declared = try file.value(value)
    var shape = declared.shape
    for axis in 0..<shape.rank {
      if let symbol = file.symbol(ofValue: value, axis: axis) { shape[axis] = Int(sizes.symbols[symbol]) }
    }
    if options.isSingleImage && shape.rank > 0 { shape[0] = 1 }
    guard shape.checkedCount != nil else {
      throw Failure(PF_ERROR_SHAPE, "input '@' would have more than # elements", Shape.maximumCount).naming(
        declared.name)
    }
    return shape
  }

  /// A batch, height, width or length that is asked for, and that no input leaves open, has to be that of an input
  /// which has one.
  private func check(_ role: SymbolRole, _ asked: Int) throws(Failure) {
    if asked == 0 { return }
    for symbol in 0..<file.symbolCount where file.symbol(symbol).role == role && firstInput(with: symbol) != nil {
      return
    }
    var refusal: Failure?
    for index in 0..<file.count(.inputs) {
      let value = file.number(.inputs, index)
      let declared = try file.value(value)
      guard let axis = axis(role, of: value, rank: declared.shape.rank) else { continue }
      if let symbol = file.symbol(ofValue: value, axis: axis) {
        guard role == .batch else { continue }
        refusal =
          refusal
          ?? Failure(PF_ERROR_SHAPE, "input '@' is a signal of length '@', without a batch")
          .naming(declared.name, file.symbol(symbol).name)
        continue
      }
      if declared.shape[axis] == asked { return }
      refusal = refusal ?? disagreement(declared, axis, asked)
    }
    if let refusal { throw refusal }
  }

  private func axis(_ role: SymbolRole, of value: Int, rank: Int) -> Int? {
    let first = isChannelsLast(value, rank) ? 1 : 2
    switch (role, rank) {
    case (.batch, 1...): return 0
    case (.height, 4), (.length, 3): return first
    case (.width, 4): return first + 1
    case (.length, 1...2): return rank - 1
    default: return nil
    }
  }

  /// By its open dimensions, or as images are loaded into it.
  private func isChannelsLast(_ value: Int, _ rank: Int) -> Bool {
    for axis in 1..<max(rank, 1) {
      guard let symbol = file.symbol(ofValue: value, axis: axis) else { continue }
      switch file.symbol(symbol).role {
      case .height, .length: return axis == 1
      case .width: return axis == 2
      case .batch, .other: continue
      }
    }
    return loadsChannelsLast
  }

  /// Whether images are loaded pixel by pixel.
  var loadsChannelsLast: Bool {
    preprocessed(Layout.Preprocessing.layout) == Int(PF_LAYOUT_CHANNELS_LAST.rawValue)
      && file.version != Layout.oldestVersion
  }

  // MARK: Batches

  /// Whether a symbol is the first dimension of an input.
  private func isBatch(_ symbol: Int) -> Bool { firstInput(with: symbol) { _, axis in axis == 0 } != nil }

  /// Whether a symbol is the batch of one input and something else of that or another one.
  var mixesBatchWithSizes: Bool {
    for symbol in 0..<file.symbolCount
    where isBatch(symbol) && firstInput(with: symbol, where: { _, axis in axis > 0 }) != nil { return true }
    return false
  }

  private func dependsOnBatch(_ expression: SizeExpression) -> Bool {
    if expression.operation == .symbol { return isBatch(Int(expression.a)) }
    for position in 0..<expression.operation.operandCount where sizes.variesWithBatch[Int(expression.operand(position))]
    {
      return true
    }
    return false
  }
}

extension pf_input_shape {
  public func dimension(_ axis: Int) -> Int64 {
    withUnsafeBytes(of: dims) { $0.loadUnaligned(fromByteOffset: axis * 8, as: Int64.self) }
  }

  /// Nil where it does not say.
  fileprivate func size(_ axis: Int) -> Int64? { dimension(axis) > 0 ? dimension(axis) : nil }
}
