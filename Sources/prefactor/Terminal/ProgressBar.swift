import Foundation

/// How far long work has come, on standard error where that is a terminal, and nowhere otherwise.
struct ProgressBar {
  private let isVisible = isatty(STDERR_FILENO) != 0

  func show(_ work: String, _ done: Int, of total: Int) {
    let width = 30
    let filled = width * done / max(total, 1)
    write("\r\u{1B}[K\(work) [\(String(repeating: "#", count: filled))\(String(repeating: ".", count: width - filled))] \(done)/\(total)")
  }

  /// Makes room for what is printed next.
  func clear() { write("\r\u{1B}[K") }

  private func write(_ text: String) {
    if isVisible { FileHandle.standardError.write(Data(text.utf8)) }
  }
}
