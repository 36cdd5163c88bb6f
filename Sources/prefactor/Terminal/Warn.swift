import Foundation

/// What the user should know and what does not end the command.
func warn(_ message: String) {
  ProgressBar.shared.clear()
  complain("prefactor: warning: \(message.printable)")
}

/// Lines on standard error.
func complain(_ message: String) { FileHandle.standardError.write(Data((message.printableLines + "\n").utf8)) }
