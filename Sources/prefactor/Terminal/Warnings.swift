import Foundation

/// What the user should know and what does not end the command.
func warn(_ message: String) {
  ProgressBar.shared.clear()
  complain("prefactor: warning: \(message)")
}

func complain(_ message: String) { FileHandle.standardError.write(Data((message + "\n").utf8)) }
