import PrefactorCompiler

/// A line of a labels file: a file's name, which may contain spaces, and its class.
struct LabelledImage {
  var file: String, label: Int

  static func read(_ path: String) throws -> [LabelledImage] {
    let samples = try readLines(path).enumerated().map { number, line in
      guard let space = line.lastIndex(of: " "), let label = Int(line[line.index(after: space)...]), label >= 0 else {
        throw FileError(path, "line \(number + 1) is not a file name, a space and a class")
      }
      return LabelledImage(file: String(line[..<space]), label: label)
    }
    if samples.isEmpty { throw FileError(path, "is empty") }
    return samples
  }
}
