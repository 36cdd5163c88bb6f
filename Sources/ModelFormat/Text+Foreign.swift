/// Names and paths, which others have chosen.
extension Text {
  /// Appends a name or path as valid UTF-8 without anything that a terminal obeys: what is neither becomes U+FFFD. One
  /// of more than `limit` bytes loses its middle, so that what follows it in a message still fits.
  public mutating func append(foreign text: UnsafePointer<CChar>, limit: Int) {
    let bytes = UnsafeRawPointer(text).assumingMemoryBound(to: UInt8.self)
    var length = 0
    forEachCharacter(bytes) { _, count in length += count }
    // "…" is three bytes.
    let head = length <= limit ? length : (limit - 3) / 2
    let tail = length <= limit ? 0 : limit - 3 - head
    var shown = 0
    var isCut = false
    var result = self
    forEachCharacter(bytes) { character, count in
      shown += count
      if shown > head && shown - count < length - tail {
        if !isCut { result.append("…") }
        isCut = true
      } else {
        for index in 0..<count { result.append(byte: CChar(bitPattern: character[index])) }
      }
    }
    self = result
  }

  /// Calls `body` with the bytes of each character as it is to be shown.
  private func forEachCharacter(_ text: UnsafePointer<UInt8>, _ body: (UnsafePointer<UInt8>, _ count: Int) -> Void) {
    let replacement: StaticString = "\u{FFFD}"
    var next = text
    while next.pointee != 0 {
      let (count, isShown) = character(next)
      if isShown { body(next, count) } else { body(replacement.utf8Start, 3) }
      next += count
    }
  }

  /// The length of the UTF-8 sequence that begins here, and whether it is one that may be shown. Reads no further than
  /// a NUL.
  private func character(_ text: UnsafePointer<UInt8>) -> (count: Int, isShown: Bool) {
    let first = UInt32(text[0])
    if first < 0x80 { return (1, first >= 0x20 && first != 0x7f) }
    let count = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2
    guard first >= 0xc2, first <= 0xf4 else { return (1, false) }
    var scalar = first & (0xff >> UInt32(count + 1))
    for index in 1..<count {
      guard text[index] & 0xc0 == 0x80 else { return (index, false) }
      scalar = scalar << 6 | UInt32(text[index] & 0x3f)
    }
    // Over-long forms, halves of pairs, and what is beyond the last character.
    let least: UInt32 = count == 4 ? 0x10000 : count == 3 ? 0x800 : 0x80
    guard scalar >= least, scalar <= 0x10ffff, !(scalar >= 0xd800 && scalar <= 0xdfff) else { return (count, false) }
    return (count, !Text.isControl(scalar))
  }

  /// C1 controls, ends of lines and paragraphs, and what changes the direction of the text around it.
  private static func isControl(_ scalar: UInt32) -> Bool {
    (scalar >= 0x80 && scalar <= 0x9f) || (scalar >= 0x2028 && scalar <= 0x202e)
      || (scalar >= 0x2066 && scalar <= 0x2069)
      || scalar == 0x200e || scalar == 0x200f || scalar == 0x061c || scalar == 0xfeff
  }
}
