import Foundation

/// How far long work has come, on standard error where that is a terminal, and nowhere otherwise. The seconds that a
/// step has taken count on while it runs.
final class ProgressBar: @unchecked Sendable {
  static let shared = ProgressBar()

  private let isVisible = isatty(STDERR_FILENO) != 0 && ProcessInfo.processInfo.environment["TERM"] != "dumb"
  private let lock = NSLock()
  private var line: String?
  private var start = Date()
  private let timer = DispatchSource.makeTimerSource(queue: .global())

  private init() {
    guard isVisible else { return }
    timer.schedule(deadline: .now() + 1, repeating: 1)
    timer.setEventHandler { [self] in lock.withLock { if let line { write(line, after: start) } } }
    timer.resume()
  }

  func show(_ work: String, _ done: Int, of total: Int) {
    let width = 30
    let filled = width * done / max(total, 1)
    set(
      """
      \(work) [\(String(repeating: "#", count: filled))\(String(repeating: ".", count: width - filled))] \
      \(done)/\(total)
      """
    )
  }

  /// Work of one step.
  func show(_ work: String) { set(work) }

  /// Makes room for what is printed next.
  func clear() { set(nil) }

  private func set(_ text: String?) {
    guard isVisible else { return }
    lock.withLock {
      if text == nil, line == nil { return }
      // Layers have the names that a model gives them.
      (line, start) = (text?.printable, Date())
      write(line ?? "", after: start)
    }
  }

  private func write(_ text: String, after start: Date) {
    let seconds = Int(Date().timeIntervalSince(start))
    FileHandle.standardError.write(Data("\r\u{1B}[K\(text)\(seconds > 1 ? "  \(seconds) s" : "")".utf8))
  }
}
