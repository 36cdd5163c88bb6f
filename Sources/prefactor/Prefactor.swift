import ArgumentParser
import CPrefactor
import Foundation

@main
struct Prefactor: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Makes trained convolutional networks cheap to run, and runs them.",
    discussion: "MODEL is a .pfmodel or an .onnx file, which is compiled in memory.",
    version: String(cString: pf_version()),
    subcommands: [
      Compress.self, Convert.self, Run.self, Classify.self, Evaluate.self, Bench.self, Inspect.self, Devices.self,
      Export.self,
    ])

  /// Exits with 1 where a command fails and with 2 where it is used wrongly.
  static func main() {
    // Beyond a limit of the file's size, writing fails with a message instead of ending the process.
    signal(SIGXFSZ, SIG_IGN)
    do {
      if let name = CommandLine.arguments.dropFirst().first, !name.hasPrefix("-"), name != "help",
        !commandNames.contains(name)
      {
        throw ValidationError("there is no command '\(name)'; commands are \(commandNames.joined(separator: ", "))")
      }
      var command = try parseAsRoot()
      try command.run()
    } catch {
      ProgressBar.shared.clear()
      switch exitCode(for: error) {
      case .success:
        print(message(for: error))
      case .validationFailure:
        complain(fullMessage(for: error))
        exit(withCode: 2)
      default:
        complain("prefactor: \("\(error)".printable)")
        exit(withCode: 1)
      }
    }
  }

  private static var commandNames: [String] { configuration.subcommands.map { $0._commandName } }

  private static func exit(withCode code: Int32) -> Never { Foundation.exit(code) }
}
