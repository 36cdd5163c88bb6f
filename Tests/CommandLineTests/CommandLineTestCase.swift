import Foundation
import PrefactorGraph
import XCTest

/// A folder for one test, and the executable, run in it.
class CommandLineTestCase: XCTestCase {
  struct Outcome {
    var code: Int32
    var output: String, errors: String
    var json: [String: Any] { (try? JSONSerialization.jsonObject(with: Data(output.utf8)) as? [String: Any]) ?? [:] }
  }

  private(set) var folder = URL(fileURLWithPath: "/")

  override func setUpWithError() throws {
    folder = FileManager.default.temporaryDirectory.appendingPathComponent("prefactor-\(UUID())")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
  }

  override func tearDownWithError() throws { try FileManager.default.removeItem(at: folder) }

  func path(_ name: String) -> String { folder.appendingPathComponent(name).path }

  @discardableResult
  func write(_ bytes: [UInt8], to name: String) throws -> String {
    try Data(bytes).write(to: folder.appendingPathComponent(name))
    return path(name)
  }

  @discardableResult
  func write(_ text: String, to name: String) throws -> String { try write(Array(text.utf8), to: name) }

  func read(_ name: String) throws -> [UInt8] { [UInt8](try Data(contentsOf: folder.appendingPathComponent(name))) }

  let executable = Bundle.main.bundleURL.appendingPathComponent("prefactor")

  func run(_ arguments: String...) throws -> Outcome { try run(arguments) }

  func run(_ arguments: [String]) throws -> Outcome {
    let process = Process()
    process.executableURL = executable
    process.arguments = arguments
    process.currentDirectoryURL = folder
    // Files and not pipes: a full pipe would stop the process while the other one is read.
    let streams = try ["output", "errors"].map { name in
      try write("", to: name)
      return try FileHandle(forWritingTo: folder.appendingPathComponent(name))
    }
    (process.standardOutput, process.standardError) = (streams[0], streams[1])
    try process.run()
    process.waitUntilExit()
    XCTAssertEqual(process.terminationReason, .exit, "\(arguments) crashed")
    let texts = try ["output", "errors"].map { String(decoding: try read($0), as: UTF8.self) }
    return Outcome(code: process.terminationStatus, output: texts[0], errors: texts[1])
  }

  /// Succeeds, with nothing on standard error.
  @discardableResult
  func succeed(_ arguments: String..., file: StaticString = #filePath, line: UInt = #line) throws -> Outcome {
    let outcome = try run(arguments)
    XCTAssertEqual(outcome.code, 0, outcome.errors, file: file, line: line)
    XCTAssertEqual(outcome.errors, "", file: file, line: line)
    return outcome
  }

  /// Exits with `code`, with nothing on standard output and a message that contains all of `words`.
  func fail(
    _ arguments: String..., code: Int32 = 1, saying words: [String], file: StaticString = #filePath, line: UInt = #line
  ) throws {
    try fail(arguments, code: code, saying: words, file: file, line: line)
  }

  func fail(
    _ arguments: [String], code: Int32 = 1, saying words: [String], file: StaticString = #filePath, line: UInt = #line
  ) throws {
    let outcome = try run(arguments)
    XCTAssertEqual(outcome.code, code, file: file, line: line)
    XCTAssertEqual(outcome.output, "", file: file, line: line)
    if code == 1 { XCTAssert(outcome.errors.hasPrefix("prefactor: "), outcome.errors, file: file, line: line) }
    for word in words {
      XCTAssert(outcome.errors.contains(word), "no \(word) in: \(outcome.errors)", file: file, line: line)
    }
  }

  /// A file as NumPy writes it.
  func npy<Element: BitwiseCopyable>(
    _ type: String, _ shape: String, _ elements: [Element], order: String = "False", version: UInt8 = 1,
    padding: Int = 0
  ) throws -> [UInt8] {
    var header = Array("{'descr': '\(type)', 'fortran_order': \(order), 'shape': \(shape), }".utf8)
    let version = padding > 0 ? 2 : version
    header += [UInt8](repeating: UInt8(ascii: " "), count: padding)
    let lengthBytes = version == 1 ? 2 : 4
    while (8 + lengthBytes + header.count + 1) % 64 != 0 { header.append(UInt8(ascii: " ")) }
    header.append(UInt8(ascii: "\n"))
    let length = (0..<lengthBytes).map { UInt8(header.count >> (8 * $0) & 255) }
    return [0x93] + Array("NUMPY".utf8) + [version, 0] + length + header + elements.withUnsafeBytes { Array($0) }
  }
}
