import CPrefactor

/// A `.pfmodel` in memory, checked by ``init(_:)`` so far that its records can be read without looking at bounds again.
/// Whether the operations fit their inputs' shapes depends on the shapes, and is found out when a session is planned.
public struct ModelFile {
  public let bytes: Bytes
  public let version: UInt32
  private let sections: PerSection<Bytes>

  /// The bytes must stay where they are.
  public init(_ bytes: Bytes) throws(Failure) {
    self.bytes = bytes
    (version, sections) = try ModelFile.readTable(bytes)
    try checkRecords()
  }

  /// Records of a section.
  public func count(_ kind: SectionKind) -> Int { self[kind].count / kind.stride }

  /// The record at `index` of a section, which must be below its count.
  public func record(_ kind: SectionKind, _ index: Int) -> Bytes {
    let stride = kind.stride
    return Bytes(self[kind].base + index * stride, count: stride)
  }

  subscript(kind: SectionKind) -> Bytes { sections[Int(kind.rawValue) - 1] }

  /// One number of a section of numbers.
  public func number(_ kind: SectionKind, _ index: Int) -> Int { self[kind].index(index * 4) }

  /// The string that starts at an offset of the strings section.
  public func string(_ offset: UInt32) -> UnsafePointer<CChar> {
    (self[.strings].base + Int(offset)).assumingMemoryBound(to: CChar.self)
  }
}

// MARK: Records

extension ModelFile {
  public struct Value {
    public let name: UnsafePointer<CChar>
    public let kind: ValueKind
    /// Of inputs and outputs, with -1 for open dimensions, and of constants. Computed values that are not outputs have
    /// none.
    public let shape: Shape
    /// Of a constant, like its contents.
    public let layout: ConstantLayout?
    public let contents: Bytes?
  }

  public struct Node {
    public let name: UnsafePointer<CChar>
    public let operation: Operation
    public let firstInput: Int, inputCount: Int
    public let output: Int
    public let layer: Int?
  }

  public func value(_ index: Int) throws(Failure) -> Value {
    let record = record(.values, index)
    guard let type = ElementType(rawValue: record.int32(Layout.Value.type)),
      let kind = ValueKind(rawValue: record.uint32(Layout.Value.kind)),
      isString(record.uint32(Layout.Value.name))
    else {
      throw Failure(PF_ERROR_BAD_MODEL, "value # has an unknown type or kind, or a name outside the strings", index)
    }
    let rank = record.uint32(Layout.Value.rank)
    guard rank <= Shape.maximumRank else {
      throw Failure(PF_ERROR_BAD_MODEL, "value # has # dimensions", index, record.index(Layout.Value.rank))
    }
    let layout = kind.layout(
      groups: record.index(Layout.Value.groups), algorithm: record.int32(Layout.Value.algorithm))
    var shape = Shape(type: type)
    for axis in 0..<Int(rank) {
      let dimension = record.int32(Layout.Value.dims + 4 * axis)
      guard dimension >= 0 || (layout == nil && isOpen(dimension, kind)) else {
        throw Failure(PF_ERROR_BAD_MODEL, "value # has a dimension of #", index, Int(dimension))
      }
      shape.append(Int(max(dimension, Layout.open)))
    }
    var contents: Bytes?
    if let layout { contents = try constant(index, record, shape, layout) }
    return Value(
      name: string(record.uint32(Layout.Value.name)), kind: kind, shape: shape, layout: layout, contents: contents)
  }

  public func name(ofValue index: Int) -> UnsafePointer<CChar> {
    string(record(.values, index).uint32(Layout.Value.name))
  }

  public func rank(ofValue index: Int) -> Int { record(.values, index).index(Layout.Value.rank) }

  private func constant(_ index: Int, _ record: Bytes, _ shape: Shape, _ layout: ConstantLayout) throws(Failure)
    -> Bytes
  {
    guard let length = layout.bytes(of: shape) else {
      throw Failure(
        PF_ERROR_BAD_MODEL, "constant # has a type, dimensions or groups that its layout does not take", index)
    }
    guard let offset = record.size(Layout.Value.offset), offset % Layout.alignment == 0,
      let contents = self[.weights].slice(offset, length: length)
    else { throw Failure(PF_ERROR_BAD_MODEL, "constant # lies outside the weights, or not at a multiple of 64", index) }
    if layout.isInPanels, self[.weights].count - offset - length < PanelLayout.slack {
      throw Failure(
        PF_ERROR_BAD_MODEL, "constant # is not followed by the # bytes that kernels may read", index,
        PanelLayout.slack)
    }
    return contents
  }

  public func node(_ index: Int) throws(Failure) -> Node {
    let record = record(.nodes, index)
    let firstInput = record.index(Layout.Node.firstInput)
    let inputCount = record.index(Layout.Node.inputCount)
    let firstAttribute = record.index(Layout.Node.firstAttribute)
    let attributeCount = record.index(Layout.Node.attributeCount)
    let layer = record.int32(Layout.Node.layer)
    guard let code = OperationCode(rawValue: record.int32(Layout.Node.code)) else {
      throw Failure(
        PF_ERROR_VERSION, "operation # is not known to this release", Int(record.int32(Layout.Node.code)), node: index)
    }
    guard isString(record.uint32(Layout.Node.name)), firstInput + inputCount <= count(.operands),
      let attributes = self[.attributes].slice(firstAttribute * 4, length: attributeCount * 4),
      record.index(Layout.Node.output) < count(.values), layer >= -1, Int(layer) < count(.layers)
    else {
      throw Failure(
        PF_ERROR_BAD_MODEL, "node # refers to a name, operand, attribute, value or layer that is not there", index)
    }
    do throws(Failure) {
      return Node(
        name: string(record.uint32(Layout.Node.name)),
        operation: try Operation(
          code: code, attributes: UnsafeRawBufferPointer(start: attributes.base, count: attributes.count)),
        firstInput: firstInput, inputCount: inputCount, output: record.index(Layout.Node.output),
        layer: layer < 0 ? nil : Int(layer))
    } catch {
      throw error.at(node: index)
    }
  }

  /// Index of the value that is input `index` of a node; nil where it is left out.
  public func operand(_ node: Node, _ index: Int) -> Int? { operand(node.firstInput + index) }

  /// The same, counted over all nodes.
  public func operand(_ index: Int) -> Int? {
    self[.operands].uint32(index * 4) == Layout.absent ? nil : number(.operands, index)
  }
}

extension ConstantLayout {
  /// Whether kernels may read ``PanelLayout/slack`` bytes beyond its end.
  public var isInPanels: Bool {
    switch self {
    case .plain, .tapsFirst: false
    case .panels, .halfPanels, .transformed: true
    }
  }

  /// Length of a constant in this layout; nil where the dimensions do not fit it.
  public func bytes(of shape: Shape) -> Int? {
    guard let count = shape.checkedCount else { return nil }
    switch self {
    case .plain: return count * shape.type.size
    case .panels(let groups), .halfPanels(let groups): return panelBytes(shape, count, groups)
    case .tapsFirst:
      guard shape.rank == 4, shape.type == .float32, shape[3] == 1 else { return nil }
      return count * 4
    case .transformed(let algorithm, let groups):
      guard shape.rank == 4, shape.type == .float32, shape[0] > 0, groups > 0, shape[0] % groups == 0,
        let positions = algorithm?.positions(kernelHeight: shape[1], kernelWidth: shape[2])
      else { return nil }
      let matrices = Int64(groups) * Int64(positions)
      let (floats, overflow) = matrices.multipliedReportingOverflow(
        by: Int64(PanelLayout.count(depth: shape[3], columns: shape[0] / groups)))
      return overflow || floats > Int64(Int.max / 4) ? nil : Int(floats) * 4
    }
  }

  private func panelBytes(_ shape: Shape, _ count: Int, _ groups: Int) -> Int? {
    guard shape.rank >= 2, shape.type == .float32, shape[0] > 0, groups > 0, shape[0] % groups == 0 else { return nil }
    let floats = PanelLayout.count(depth: count / shape[0], columns: shape[0] / groups)
    let (bytes, overflow) = floats.multipliedReportingOverflow(by: groups * storedType(shape.type).size)
    return overflow ? nil : bytes
  }
}
