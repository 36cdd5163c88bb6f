import CPrefactor
import PrefactorGraph
import PrefactorModelFormat
import PrefactorTestSupport
import XCTest

/// Damaged files: each is refused with a status and a message, or harmless. None makes the process end.
final class MalformedTests: XCTestCase {
  private struct Case {
    var name: String
    var bytes: [UInt8]
    /// Whether the damage may be something that a file may say.
    var mayBeHarmless = false
  }

  func testTruncatedFiles() throws {
    for (name, graph) in TestGraph.all {
      let file = try ModelBytes(graph)
      var lengths: Set<Int> = [
        0, 1, 7, 8, Layout.Header.size - 1, Layout.Header.size, ModelBytes.entry(file.sections.count) - 1,
      ]
      for section in file.sections {
        lengths.formUnion([
          section.lowerBound, section.lowerBound + 1, (section.lowerBound + section.upperBound) / 2,
          section.upperBound - 1, section.upperBound,
        ])
      }
      lengths = lengths.filter { $0 < file.bytes.count }
      check(lengths.map { Case(name: "\(name), \($0) bytes", bytes: Array(file.bytes.prefix($0))) }, atLeast: 30)
      check(
        lengths.map { Case(name: "\(name), \($0) bytes, repaired", bytes: file.truncated(to: $0).bytes) }, atLeast: 30)
    }
  }

  func testWrongChecksums() throws {
    for (name, graph) in TestGraph.all {
      let file = try ModelBytes(graph)
      let checked = [
        0..<Layout.Header.checksum, Layout.Header.checksum..<(Layout.Header.checksum + 4),
        Layout.Header.size..<ModelBytes.entry(file.sections.count),
      ]
      let cases = (checked + file.sections).filter { !$0.isEmpty }.flatMap { range in
        [range.lowerBound, (range.lowerBound + range.upperBound) / 2, range.upperBound - 1].map { offset in
          Case(name: "\(name), byte \(offset)", bytes: with(file.bytes) { $0[offset] ^= 0x10 })
        }
      }
      check(cases, atLeast: 30)
    }
  }

  func testHeaderAndTable() throws {
    let file = try ModelBytes(TestGraph.classifier)
    var cases: [Case] = []
    for offset in stride(from: 0, to: Layout.Header.tableChecksum, by: 4) {
      for value in edgeValues(file.uint32(offset)) {
        cases.append(Case(name: "header \(offset) = \(value)", bytes: file.setting(offset, to: value).repaired.bytes))
      }
    }
    for section in file.sections.indices {
      let entry = ModelBytes.entry(section)
      for value in edgeValues(file.uint32(entry)) {
        cases.append(
          Case(name: "kind of section \(section) = \(value)", bytes: file.setting(entry, to: value).repaired.bytes))
      }
      for field in [Layout.SectionEntry.offset, Layout.SectionEntry.length, Layout.SectionEntry.count] {
        let is64 = file.uint64(entry + field)
        for value in [
          0, 1, is64 &+ 1, is64 &+ 64, is64 &- 1, is64 &- 64, UInt64.max, 1 << 63, 1 << 62, UInt64(file.bytes.count),
        ] where value != is64 {
          // Another length may be one that a shorter section has.
          cases.append(
            Case(
              name: "section \(section), field \(field) = \(value)",
              bytes: file.setting(entry + field, to: value).repaired.bytes, mayBeHarmless: true))
        }
      }
    }
    check(cases, atLeast: 200)
  }

  /// Every 32-bit word of the first, the middle and the last record of each section.
  func testEveryFieldOfEveryRecord() throws {
    for (name, graph) in TestGraph.all {
      let file = try ModelBytes(graph)
      var cases: [Case] = []
      for section in 2...file.sections.count {
        guard let kind = SectionKind(rawValue: UInt32(section)), kind != .weights else { continue }
        let count = file.count(kind)
        // Each attribute means something else.
        let records =
          kind == .attributes || kind == .operands
          ? Set(0..<count) : Set([0, count / 2, count - 1].filter { $0 >= 0 && $0 < count })
        for record in records.sorted() {
          for offset in stride(from: 0, to: kind.stride, by: 4) {
            let position = file.field(kind, record, offset)
            for value in edgeValues(file.uint32(position)) {
              cases.append(
                Case(
                  name: "\(name), \(kind) \(record), offset \(offset) = \(value)",
                  bytes: file.setting(position, to: value).repaired.bytes, mayBeHarmless: true))
            }
          }
        }
      }
      check(cases, atLeast: 200)
    }
  }

  func testOrder() throws {
    let file = try ModelBytes(TestGraph.operations)
    let nodes = file.count(.nodes)
    var cases: [Case] = []
    for node in 0..<nodes {
      let output = file.uint32(file.field(.nodes, node, Layout.Node.output))
      let operand = file.field(.operands, Int(file.uint32(file.field(.nodes, node, Layout.Node.firstInput))))
      cases.append(
        Case(name: "node \(node) uses its own output", bytes: file.setting(operand, to: output).repaired.bytes))
      if node + 1 < nodes {
        let next = file.uint32(file.field(.nodes, node + 1, Layout.Node.output))
        cases.append(
          Case(name: "node \(node) uses the next one's output", bytes: file.setting(operand, to: next).repaired.bytes))
        let position = file.field(.nodes, node, Layout.Node.output)
        cases.append(
          Case(
            name: "nodes \(node) and \(node + 1) compute the same",
            bytes: file.setting(position, to: next).repaired.bytes))
        // Two that do not need each other may be in any order.
        cases.append(
          Case(
            name: "nodes \(node) and \(node + 1) are exchanged", bytes: exchanged(file, node).repaired.bytes,
            mayBeHarmless: !operands(file, node + 1).contains(output)))
      }
    }
    check(cases, atLeast: 80)
  }

  func testSpecificDamage() throws {
    let operations = try ModelBytes(TestGraph.operations)
    let classifier = try ModelBytes(TestGraph.classifier)
    let interface = try ModelBytes(TestGraph.interface)
    let strings = operations.section(.strings)
    let preprocessing = classifier.section(.preprocessing).lowerBound
    check(
      [
        Case(
          name: "strings without an end",
          bytes: with(operations) { $0.bytes[strings.upperBound - 1] = 0x41 }.repaired.bytes),
        Case(
          name: "an input twice",
          bytes: interface.setting(interface.field(.inputs, 1), to: interface.uint32(interface.field(.inputs, 0)))
            .repaired.bytes),
        Case(
          name: "an output twice",
          bytes: interface.setting(interface.field(.outputs, 1), to: interface.uint32(interface.field(.outputs, 0)))
            .repaired.bytes),
        Case(
          name: "an input as an output",
          bytes: interface.setting(interface.field(.outputs, 0), to: interface.uint32(interface.field(.inputs, 0)))
            .repaired.bytes),
        Case(
          name: "an operation of the future",
          bytes: operations.setting(operations.field(.nodes, 0, Layout.Node.code), to: 1000 as UInt32).repaired.bytes),
        Case(
          name: "a format of the future",
          bytes: operations.setting(Layout.Header.version, to: Layout.version + 1).repaired.bytes),
        Case(
          name: "a new format without its sections",
          bytes: operations.setting(Layout.Header.version, to: Layout.version).repaired.bytes),
        Case(
          name: "an old format with new sections",
          bytes: operations.setting(Layout.Header.version, to: 1 as UInt32).repaired.bytes),
        Case(
          name: "a deviation of zero",
          bytes: classifier.setting(preprocessing + Layout.Preprocessing.deviation, to: 0 as UInt32).repaired.bytes),
        Case(
          name: "an infinite mean",
          bytes: classifier.setting(preprocessing + Layout.Preprocessing.mean, to: Float.infinity.bitPattern).repaired
            .bytes),
        Case(
          name: "a crop smaller than the image",
          bytes: classifier.setting(preprocessing + Layout.Preprocessing.crop, to: 9 as UInt32).repaired.bytes),
      ], atLeast: 10)
    XCTAssertEqual(
      Attempt(operations.setting(Layout.Header.version, to: Layout.version + 1).bytes).status, PF_ERROR_VERSION)
    XCTAssertEqual(
      Attempt(operations.setting(operations.field(.nodes, 0), to: 1000 as UInt32).repaired.bytes).status,
      PF_ERROR_VERSION)
  }

  func testDamagedSizes() throws {
    let file = try ModelBytes(TestGraph.sizes)
    let graph = TestGraph.sizes
    func expression(_ operation: SizeOperation) -> Int { graph.expressions.firstIndex { $0.operation == operation }! }
    func operand(_ operation: SizeOperation, _ field: Int) -> Int {
      file.field(.expressions, expression(operation), field)
    }
    let (sum, ceiling) = (UInt32(expression(.add)), UInt32(expression(.floatCeiling)))
    let slice = graph.nodes.firstIndex { $0.name == "middle" }!
    let binding = (0..<file.count(.bindings)).first { file.uint32(file.field(.bindings, $0)) == UInt32(slice) }!
    let image = file.field(.values, 0, Layout.Value.dims)
    let flat = file.field(.values, Int(file.uint32(file.field(.outputs, 0))), Layout.Value.dims)
    func set(_ name: String, _ position: Int, _ value: UInt32) -> Case {
      Case(name: name, bytes: file.setting(position, to: value).repaired.bytes)
    }
    check(
      [
        set("a symbol's unknown role", file.field(.symbols, 0, Layout.Symbol.role), 5),
        set("a symbol's name outside the strings", file.field(.symbols, 0), 1 << 20),
        set("a symbol that is not there", operand(.symbol, Layout.Expression.a), 3),
        set("an expression of itself", operand(.add, Layout.Expression.a), sum),
        set(
          "an expression of a later one", operand(.subtract, Layout.Expression.b), UInt32(graph.expressions.count - 1)),
        set("a sum of float32 numbers", operand(.multiply, Layout.Expression.a), ceiling),
        set("a root of an integer", operand(.floatSquareRoot, Layout.Expression.a), sum),
        set("an operation of the future", operand(.add, Layout.Expression.operation), 33),
        set("a binding of a node that is not there", file.field(.bindings, file.count(.bindings) - 1), 1 << 16),
        set("bindings in another order", file.field(.bindings, binding, Layout.Binding.word), 5),
        set("a binding of a word that is not there", file.field(.bindings, binding + 3, Layout.Binding.word), 24),
        set(
          "a binding to an expression that is not there", file.field(.bindings, binding, Layout.Binding.expression),
          UInt32(file.count(.expressions))),
        set(
          "a binding of an integer word to a float32 number", file.field(.bindings, binding, Layout.Binding.expression),
          ceiling),
        set("an input's dimension that is no symbol", image, UInt32(bitPattern: -1 - Int32(bitPattern: sum))),
        set("an input's dimension that the file does not say", image, UInt32(bitPattern: Layout.unstated)),
        set(
          "an input's dimension beyond the expressions", image, UInt32(bitPattern: -1 - Int32(file.count(.expressions)))
        ),
        set(
          "an output's dimension that is a float32 number", flat, UInt32(bitPattern: -1 - Int32(bitPattern: ceiling))),
        set(
          "an output's dimension that comes to something else", flat, UInt32(bitPattern: -1 - Int32(bitPattern: sum))),
        set("an unknown layout", file.field(.preprocessing, 0, Layout.Preprocessing.layout), 2),
      ], atLeast: 19)
    XCTAssertEqual(
      Attempt(file.setting(operand(.add, Layout.Expression.operation), to: 33 as UInt32).repaired.bytes).status,
      PF_ERROR_VERSION)
  }

  func testUndamagedFilesRun() throws {
    for (name, graph) in TestGraph.all {
      let attempt = Attempt(try ModelBytes(graph).repaired.bytes)
      XCTAssertEqual(attempt.status, PF_OK, "\(name): \(attempt.message)")
      XCTAssertEqual(attempt.stage, .running, name)
    }
  }

  // MARK: Support

  private func check(_ cases: [Case], atLeast: Int) {
    XCTAssertGreaterThanOrEqual(cases.count, atLeast)
    for damaged in cases {
      let attempt = Attempt(damaged.bytes)
      if attempt.status == PF_OK {
        XCTAssert(damaged.mayBeHarmless, "\(damaged.name): accepted")
      } else {
        XCTAssertFalse(attempt.message.isEmpty, "\(damaged.name): no message")
        XCTAssertNotEqual(attempt.stage, .running, "\(damaged.name): \(attempt.message)")
      }
    }
  }

  private func edgeValues(_ value: UInt32) -> [UInt32] {
    [
      0, 1, 2, 0x7FFF_FFFF, 0x8000_0000, .max, .max - 1, 1 << 16, 1 << 24, value &+ 1, value &- 1, value &* 2,
      Float.nan.bitPattern,
    ].filter { $0 != value }
  }

  private func operands(_ file: ModelBytes, _ node: Int) -> [UInt32] {
    let first = Int(file.uint32(file.field(.nodes, node, Layout.Node.firstInput)))
    let count = Int(file.uint32(file.field(.nodes, node, Layout.Node.inputCount)))
    return (first..<(first + count)).map { file.uint32(file.field(.operands, $0)) }
  }

  /// With two nodes in the other order, each with its own operands.
  private func exchanged(_ file: ModelBytes, _ node: Int) -> ModelBytes {
    var result = file
    let stride = SectionKind.nodes.stride
    let first = file.field(.nodes, node)
    let second = file.field(.nodes, node + 1)
    result.bytes.replaceSubrange(first..<(first + stride), with: file.bytes[second..<(second + stride)])
    result.bytes.replaceSubrange(second..<(second + stride), with: file.bytes[first..<(first + stride)])
    let firstInput = Int(file.uint32(first + Layout.Node.firstInput))
    let firstCount = Int(file.uint32(first + Layout.Node.inputCount))
    let secondCount = Int(file.uint32(second + Layout.Node.inputCount))
    result.set(first + Layout.Node.firstInput, UInt32(firstInput))
    result.set(second + Layout.Node.firstInput, UInt32(firstInput + secondCount))
    for index in 0..<secondCount {
      result.set(
        file.field(.operands, firstInput + index), file.uint32(file.field(.operands, firstInput + firstCount + index)))
    }
    for index in 0..<firstCount {
      result.set(
        file.field(.operands, firstInput + secondCount + index), file.uint32(file.field(.operands, firstInput + index)))
    }
    return result
  }
}
