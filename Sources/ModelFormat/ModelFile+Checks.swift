import CPrefactor

extension ModelFile {
  static func readTable(_ bytes: Bytes) throws(Failure) -> (version: UInt32, PerSection<Bytes>) {
    guard bytes.count >= Layout.Header.size else {
      throw Failure(PF_ERROR_BAD_MODEL, "has # bytes, fewer than the header of a model", bytes.count)
    }
    for index in 0..<8 where bytes.base.load(fromByteOffset: index, as: UInt8.self) != Layout.magic[index] {
      throw Failure(PF_ERROR_BAD_MODEL, "is not a .pfmodel: its first bytes are wrong")
    }
    let header = Bytes(bytes.base, count: Layout.Header.checksum)
    let version = bytes.uint32(Layout.Header.version)
    guard version >= Layout.oldestVersion, version <= Layout.version else {
      throw Failure(
        PF_ERROR_VERSION, "has format version #; this release reads versions up to #",
        bytes.index(Layout.Header.version), Int(Layout.version))
    }
    let sectionCount = SectionKind.count(version: version)
    let entries = sectionCount * Layout.SectionEntry.size
    guard bytes.uint32(Layout.Header.checksum) == header.checksum else {
      throw Failure(PF_ERROR_BAD_MODEL, "the header is damaged: its checksum does not match")
    }
    guard bytes.size(Layout.Header.fileLength) == bytes.count else {
      throw Failure(
        PF_ERROR_BAD_MODEL, "has # bytes where its header says #", bytes.count,
        bytes.size(Layout.Header.fileLength) ?? .max)
    }
    guard bytes.index(Layout.Header.sectionCount) == sectionCount,
      let table = bytes.slice(Layout.Header.size, length: entries)
    else {
      throw Failure(PF_ERROR_BAD_MODEL, "the table of sections is not complete")
    }
    guard bytes.uint32(Layout.Header.tableChecksum) == table.checksum else {
      throw Failure(PF_ERROR_BAD_MODEL, "the table of sections is damaged: its checksum does not match")
    }
    var sections = PerSection<Bytes>(repeating: Bytes(table.base, count: 0))
    var end = Layout.Header.size + entries
    for index in 0..<sectionCount {
      let entry = Bytes(table.base + index * Layout.SectionEntry.size, count: Layout.SectionEntry.size)
      guard let kind = SectionKind(rawValue: entry.uint32(Layout.SectionEntry.kind)), Int(kind.rawValue) == index + 1
      else {
        throw Failure(PF_ERROR_BAD_MODEL, "section # is of another kind", index + 1)
      }
      guard let offset = entry.size(Layout.SectionEntry.offset), let length = entry.size(Layout.SectionEntry.length),
        offset >= end, offset % Layout.alignment == 0, let section = bytes.slice(offset, length: length)
      else {
        throw Failure(
          PF_ERROR_BAD_MODEL, "section # lies outside the file, over another section, or not at a multiple of 64",
          index + 1)
      }
      guard let count = entry.size(Layout.SectionEntry.count), count == length / kind.stride, length % kind.stride == 0,
        count <= Int32.max || kind == .weights
      else {
        throw Failure(PF_ERROR_BAD_MODEL, "section # does not have as many bytes as its records", index + 1)
      }
      guard entry.uint32(Layout.SectionEntry.checksum) == section.checksum else {
        throw Failure(PF_ERROR_BAD_MODEL, "section # is damaged: its checksum does not match", index + 1)
      }
      sections[index] = section
      end = offset + length
    }
    return (version, sections)
  }

  /// Offsets into the strings are good where the section ends in NUL and they lie inside.
  func isString(_ offset: UInt32) -> Bool { offset < UInt32(clamping: count(.strings)) }

  func checkRecords() throws(Failure) {
    let strings = self[.strings]
    guard strings.count > 0, strings.base.load(fromByteOffset: strings.count - 1, as: UInt8.self) == 0 else {
      throw Failure(PF_ERROR_BAD_MODEL, "the strings do not end in NUL")
    }
    // Planning takes time that grows with the square of the number of values.
    guard count(.values) <= Layout.maximumValues, count(.nodes) <= Layout.maximumValues else {
      throw Failure(PF_ERROR_BAD_MODEL, "has # values; at most # are allowed", count(.values), Layout.maximumValues)
    }
    // What a session keeps of each, where Int has 32 bits, must not overflow.
    guard count(.operands) <= Int.max / 512 else {
      throw Failure(PF_ERROR_BAD_MODEL, "has # operands, which is too many", count(.operands))
    }
    try checkSizes()
    for index in 0..<count(.values) { _ = try value(index) }
    for index in 0..<count(.labels) where !isString(UInt32(number(.labels, index))) {
      throw Failure(PF_ERROR_BAD_MODEL, "label # lies outside the strings", index)
    }
    for index in 0..<count(.metadata) {
      let record = record(.metadata, index)
      guard isString(record.uint32(0)), isString(record.uint32(4)) else {
        throw Failure(PF_ERROR_BAD_MODEL, "metadata # lies outside the strings", index)
      }
    }
    for index in 0..<count(.layers) {
      let record = record(.layers, index)
      guard isString(record.uint32(Layout.Layer.name)), isString(record.uint32(Layout.Layer.method)),
        isString(record.uint32(Layout.Layer.parameters))
      else {
        throw Failure(PF_ERROR_BAD_MODEL, "layer # has a string outside the strings", index)
      }
    }
    try checkInterface()
    try checkPreprocessing()
    var operands = 0
    for index in 0..<count(.nodes) { operands += try checkNode(index, firstInput: operands) }
    try checkBindings()
    try checkQuantizations()
  }

  private func checkInterface() throws(Failure) {
    guard count(.outputs) > 0 else { throw Failure(PF_ERROR_BAD_MODEL, "has no output") }
    guard max(count(.inputs), count(.outputs)) <= Layout.maximumInterface else {
      throw Failure(
        PF_ERROR_BAD_MODEL, "has # inputs and # outputs, which is too many", count(.inputs), count(.outputs))
    }
    for index in 0..<count(.inputs) {
      let value = number(.inputs, index)
      guard value < count(.values), record(.values, value).uint32(Layout.Value.kind) == ValueKind.input.rawValue else {
        throw Failure(PF_ERROR_BAD_MODEL, "input # is not a value of kind input", index)
      }
      for other in 0..<index where number(.inputs, other) == value {
        throw Failure(PF_ERROR_BAD_MODEL, "inputs # and # are the same value", other, index)
      }
    }
    for index in 0..<count(.outputs) {
      let value = number(.outputs, index)
      guard value < count(.values), record(.values, value).uint32(Layout.Value.kind) == ValueKind.computed.rawValue
      else {
        throw Failure(PF_ERROR_BAD_MODEL, "output # is not a value that a node computes", index)
      }
      for other in 0..<index where number(.outputs, other) == value {
        throw Failure(PF_ERROR_BAD_MODEL, "outputs # and # are the same value", other, index)
      }
    }
  }

  /// Returns the number of its inputs. An operand belongs to one node, so that reading all of them takes no longer than
  /// the file is large.
  private func checkNode(_ index: Int, firstInput: Int) throws(Failure) -> Int {
    let node = try node(index)
    guard node.firstInput == firstInput else {
      throw Failure(
        PF_ERROR_BAD_MODEL, "the inputs of node # do not follow those of the node before", index, node: index)
    }
    guard record(.values, node.output).uint32(Layout.Value.kind) == ValueKind.computed.rawValue else {
      throw Failure(PF_ERROR_BAD_MODEL, "the output of node # is an input or a constant", index, node: index)
    }
    do throws(Failure) { try node.operation.checkOperandCount(node.inputCount) } catch { throw error.at(node: index) }
    for position in 0..<node.inputCount {
      guard let value = operand(node, position) else { continue }
      guard value < count(.values) else {
        throw Failure(PF_ERROR_BAD_MODEL, "input # is a value that is not there", position, node: index)
      }
    }
    return node.inputCount
  }

  private func checkPreprocessing() throws(Failure) {
    guard count(.preprocessing) <= 1 else {
      throw Failure(PF_ERROR_BAD_MODEL, "has # preprocessings", count(.preprocessing))
    }
    guard count(.preprocessing) == 1 else { return }
    let record = record(.preprocessing, 0)
    let width = record.int32(Layout.Preprocessing.width)
    let height = record.int32(Layout.Preprocessing.height)
    let crop = record.int32(Layout.Preprocessing.crop)
    let sides = 1...Int32(truncatingIfNeeded: Layout.longestSide)
    guard sides.contains(width), sides.contains(height), crop == 0 || sides.contains(crop) else {
      throw Failure(PF_ERROR_BAD_MODEL, "the preprocessing's size of # × # is not one", Int(width), Int(height))
    }
    let resize = record.int32(Layout.Preprocessing.resize)
    let channels = record.int32(Layout.Preprocessing.channels)
    guard version == Layout.oldestVersion || (0...1).contains(record.int32(Layout.Preprocessing.layout)) else {
      throw Failure(
        PF_ERROR_BAD_MODEL, "the preprocessing's layout # is not one", Int(record.int32(Layout.Preprocessing.layout)))
    }
    guard (1...2).contains(resize), (1...3).contains(channels), resize == 1 || crop >= max(width, height) else {
      throw Failure(
        PF_ERROR_BAD_MODEL, "the preprocessing's resize rule #, channel order # or crop is not one", Int(resize),
        Int(channels))
    }
    for channel in 0..<3 {
      let deviation = record.float(Layout.Preprocessing.deviation + 4 * channel)
      guard record.float(Layout.Preprocessing.mean + 4 * channel).isFinite, deviation.isFinite, deviation != 0 else {
        throw Failure(PF_ERROR_BAD_MODEL, "the preprocessing of channel # divides by zero or is not finite", channel)
      }
    }
  }
}
