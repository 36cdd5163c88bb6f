import PrefactorModelFormat
import XCTest

/// Names and paths in messages: valid UTF-8 that no terminal obeys, and short enough for the reason to follow.
final class MessageTests: XCTestCase {
  private func shown(_ name: [UInt8], limit: Int = 100, capacity: Int = 508) -> String {
    var buffer = [CChar](repeating: 0x55, count: capacity)
    buffer.withUnsafeMutableBufferPointer { buffer in
      var text = Text(buffer.baseAddress!, capacity: capacity)
      (name + [0]).withUnsafeBufferPointer { name in
        name.withMemoryRebound(to: CChar.self) { text.append(foreign: $0.baseAddress!, limit: limit) }
      }
      text.append(": why")
    }
    return String(validating: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self) ?? "no UTF-8"
  }

  func testWhatMayBeShownStays() {
    for name in ["", "conv1/weights", "Größe", "層", "🙂", "a b~\u{2026}"] {
      XCTAssertEqual(shown(Array(name.utf8)), name + ": why")
    }
  }

  func testWhatATerminalObeysIsReplaced() {
    for scalar in [
      "\u{1}", "\u{1B}", "\n", "\r", "\t", "\u{7F}", "\u{80}", "\u{9B}", "\u{2028}", "\u{202E}", "\u{2066}", "\u{FEFF}",
    ] {
      XCTAssertEqual(shown(Array("a\(scalar)b".utf8)), "a\u{FFFD}b: why")
    }
  }

  func testWhatIsNoUTF8IsReplaced() {
    for bytes: [UInt8] in [
      [0x80], [0xff], [0xc0], [0xc3], [0xe4, 0xb8], [0xed, 0xa0, 0x80], [0xe0, 0x80, 0x80], [0xf0, 0x9f, 0x99],
      [0xf4, 0x90, 0x80, 0x80],
    ] {
      let text = shown([0x61] + bytes + [0x62])
      XCTAssertTrue(text.hasPrefix("a\u{FFFD}") && text.hasSuffix("b: why"), "\(bytes): \(text)")
      XCTAssertTrue(shown([0x61] + bytes).hasPrefix("a\u{FFFD}"))
    }
  }

  func testLongNamesLoseTheirMiddle() {
    for character in ["x", "ß", "層", "🙂", "\u{1B}"] {
      for count in 30...200 {
        let text = shown(Array(("begin" + String(repeating: character, count: count) + "end").utf8))
        XCTAssertLessThanOrEqual(text.utf8.count, 100 + 5)
        XCTAssertTrue(text.hasPrefix("begin") && text.hasSuffix("end: why"), text)
        let whole = count * (character == "\u{1B}" ? 3 : character.utf8.count) + 8
        XCTAssertEqual(text.contains("…"), whole > 100, text)
        if whole > 100 { XCTAssertGreaterThan(text.utf8.count, 90, text) }
      }
    }
  }
}
