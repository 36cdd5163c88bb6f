import PrefactorCompiler

/// A line of a labels file: an image's file and its class. The line is a file name, which may contain spaces, a space
/// and the class's number; or it is CSV, with or without a header: `file,class`, where the class is a number or a name.
struct LabelledImage {
  var file: String, label: Int

  /// `classes` are the names of the network's classes.
  static func read(_ path: String, classes: [String]) throws -> [LabelledImage] {
    try parse(readLines(path), of: path, classes: classes)
  }

  static func parse(_ lines: [String], of path: String, classes: [String]) throws -> [LabelledImage] {
    let isCSV = lines.first.map { spaced($0) == nil && $0.contains(",") } ?? false
    let samples =
      isCSV
      ? try readCSV(path, lines, classes)
      : try lines.enumerated().map { number, line in
        guard let sample = spaced(line) else {
          throw FileError(
            path,
            "line \(number + 1) is not a file name, a space and the number of a class, nor is the file CSV: file,class")
        }
        return sample
      }
    if samples.isEmpty { throw FileError(path, "is empty") }
    return samples
  }

  private static func spaced(_ line: String) -> LabelledImage? {
    guard let space = line.lastIndex(of: " "), let label = Int(line[line.index(after: space)...]), label >= 0 else {
      return nil
    }
    // A space behind a comma is CSV's.
    if line[..<space].last == "," { return nil }
    return LabelledImage(file: String(line[..<space]), label: label)
  }

  private static func readCSV(_ path: String, _ lines: [String], _ classes: [String]) throws -> [LabelledImage] {
    var samples: [LabelledImage] = []
    for (number, line) in lines.enumerated() where !line.isEmpty {
      let cells = cells(line)
      guard cells.count == 2 else {
        throw FileError(path, "line \(number + 1) has \(cells.count) columns; there must be two: file,class")
      }
      if let label = Int(cells[1]).flatMap({ $0 >= 0 ? $0 : nil }) ?? classes.firstIndex(of: cells[1]) {
        samples.append(LabelledImage(file: cells[0], label: label))
      } else if number > 0 || ImageFolder.extensions.contains(where: cells[0].lowercased().hasSuffix) {
        let known =
          classes.isEmpty
          ? "the network has no names of classes: give --class-labels" : "the network has no class of this name"
        throw FileError(
          path, "line \(number + 1) says class '\(cells[1])', which is not a number from 0 up, and \(known)")
      }
    }
    return samples
  }

  /// As in RFC 4180: a cell in quotes may hold commas, and quotes that are doubled.
  private static func cells(_ line: String) -> [String] {
    var cells = [""]
    var isQuoted = false
    var previous: Character?
    for character in line {
      if character == "\"" {
        // The second of two within quotes is one of the text.
        if !isQuoted && previous == "\"" { cells[cells.count - 1].append("\"") }
        isQuoted.toggle()
      } else if character == ",", !isQuoted {
        cells.append("")
      } else {
        cells[cells.count - 1].append(character)
      }
      previous = character
    }
    return cells.map { $0.trimmed }
  }
}

extension String {
  fileprivate var trimmed: String {
    var text = self[...]
    while text.first?.isWhitespace == true { text.removeFirst() }
    while text.last?.isWhitespace == true { text.removeLast() }
    return String(text)
  }
}
