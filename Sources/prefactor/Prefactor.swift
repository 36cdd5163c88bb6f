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
      Compress.self, Convert.self, Run.self, Classify.self, Evaluate.self, Bench.self, Inspect.self, Devices.self, Export.self,
    ])

  /// Exits with 1 where a command fails and with 2 where it is used wrongly.
  static func main() {
    do {
      var command = try parseAsRoot()
      try command.run()
    } catch {
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

  private static func complain(_ message: String) { FileHandle.standardError.write(Data((message + "\n").utf8)) }

  private static func exit(withCode code: Int32) -> Never { Foundation.exit(code) }
}
