import ArgumentParser
import Foundation
import PrefactorCompiler

/// Where a result goes.
struct OutputFileOptions: ParsableArguments {
  @Option(name: .shortAndLong, help: ArgumentHelp("The file to write; - is standard output.", valueName: "file"))
  var output: String

  @OptionGroup var force: ForceOption

  /// Known to be writable, and none of the files that the result is made from.
  func file(apartFrom sources: [String?]) throws -> OutputFile {
    let file = try OutputFile(output)
    if file.isStandardOutput, isatty(STDOUT_FILENO) != 0 {
      throw FileError(output, "standard output is a terminal: send it to a file")
    }
    try force.check(file, sources)
    return file
  }
}

struct ForceOption: ParsableArguments {
  @Flag(help: "Overwrite the output file even if it is also read.") var force = false

  func check(_ file: OutputFile, _ sources: [String?]) throws {
    if !force { try file.requireApart(from: sources.compactMap(\.self)) }
  }
}

extension OutputFile {
  /// Writes what `bytes` makes, whose errors are said of this file, and shows that it takes a while.
  func write(_ bytes: () throws -> [UInt8]) throws {
    ProgressBar.shared.show("writing \(path)")
    defer { ProgressBar.shared.clear() }
    try write(inFile(path, bytes))
  }
}
