/// What files and their authors have named must not command the terminal, nor forge lines of what is printed.
extension String {
  /// The same with U+FFFD in place of control characters, ends of lines among them, and of what turns the direction of
  /// text.
  var printable: String { replacingUnprintable { _ in false } }

  /// Lines of text, whose ends are kept.
  var printableLines: String { replacingUnprintable { $0 == "\n" } }

  private func replacingUnprintable(except isKept: (Unicode.Scalar) -> Bool) -> String {
    guard unicodeScalars.contains(where: { !$0.isPrintable && !isKept($0) }) else { return self }
    return String(String.UnicodeScalarView(unicodeScalars.map { $0.isPrintable || isKept($0) ? $0 : "\u{FFFD}" }))
  }
}

extension Unicode.Scalar {
  var isPrintable: Bool {
    switch properties.generalCategory {
    case .control, .lineSeparator, .paragraphSeparator, .surrogate: false
    // Marks and overrides of direction, but not the joiners that emoji and some scripts need.
    case .format: value == 0x200c || value == 0x200d || value >= 0xe0000
    default: true
    }
  }
}

/// Prints lines.
func print(_ text: some CustomStringConvertible) {
  Swift.print(text.description.printableLines)
}
