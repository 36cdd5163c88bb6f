import Foundation
import PrefactorCompiler

/// The images of a folder, sorted: those in it, or where there are none those in its subfolders, each of which is a
/// class.
struct ImageFolder {
  struct Image {
    var path: String
    /// Nil where it is not known.
    var label: Int?
  }

  let path: String
  let images: [Image]
  /// What is named like an image and is no file: FIFOs, sockets, devices, folders, links that lead nowhere.
  let skipped: Int

  static let extensions = [".jpg", ".jpeg", ".png", ".webp", ".bmp"]

  var isLabelled: Bool { images.allSatisfy { $0.label != nil } }

  /// `labels` is a file that names the images and their classes; `classes` are the names of the network's classes,
  /// where it has them.
  init(_ path: String, labels: String?, classes: [String]) throws {
    self.path = path
    if let labels {
      let named = try LabelledImage.read(labels, classes: classes).map {
        Image(path: $0.file.hasPrefix("/") ? $0.file : "\(path)/\($0.file)", label: $0.label)
      }
      // What is not there is an image that cannot be read; a FIFO would be waited for.
      images = named.filter { ![S_IFIFO, S_IFSOCK, S_IFCHR, S_IFBLK].contains(fileKind($0.path)) }
      skipped = named.count - images.count
      return
    }
    let own = try FolderEntries(path)
    let files = own.files(Self.extensions)
    if !files.isEmpty {
      images = files.map { Image(path: "\(path)/\($0)", label: nil) }
      skipped = own.others(Self.extensions)
      return
    }
    let folders = try own.folders.map { (name: $0, entries: try FolderEntries("\(path)/\($0)", isDeep: true)) }
      .filter { !$0.entries.files(Self.extensions).isEmpty }
    if folders.isEmpty {
      throw FileError(path, "holds no files that end in \(Self.extensions.joined(separator: ", "))")
    }
    let labels = try Self.labels(of: folders.map(\.name), classes: classes, path)
    images = zip(folders, labels).flatMap { folder, label in
      folder.entries.files(Self.extensions).map { Image(path: "\(path)/\(folder.name)/\($0)", label: label) }
    }
    skipped = folders.reduce(own.others(Self.extensions)) { $0 + $1.entries.others(Self.extensions) }
  }

  /// The class that each folder stands for: that of its name, its number where all are numbers, or else its place among
  /// all folders, as torchvision's ImageFolder has it.
  private static func labels(of names: [String], classes: [String], _ path: String) throws -> [Int] {
    let known = names.map { classes.firstIndex(of: $0) }
    if !known.contains(nil) { return known.map { $0! } }
    let numbers = names.map { Int($0) }
    if numbers.allSatisfy({ $0 != nil && $0! >= 0 }) { return numbers.map { $0! } }
    // Places mean nothing where there is a folder for some classes alone.
    guard classes.isEmpty || classes.count == names.count else {
      let stranger = names[known.firstIndex(of: nil)!]
      throw FileError(
        path,
        """
        has \(names.count) folders of images, and the network knows \(classes.count) classes, none of which is called \
        '\(stranger)'
        """
      )
    }
    return Array(names.indices)
  }

  /// Says on standard error what was passed over.
  func warnOfSkipped() {
    if skipped > 0 {
      warn(
        "\(path): \(skipped == 1 ? "1 entry is" : "\(skipped) entries are") named like an image, but no file; skipped")
    }
  }
}

/// Of what links lead to; 0 where there is nothing.
private func fileKind(_ path: String) -> mode_t {
  var status = stat()
  return stat(path, &status) == 0 ? status.st_mode & S_IFMT : 0
}

/// What lies in a folder, sorted by bytes as Python sorts.
struct FolderEntries {
  private(set) var files: [String] = []
  private(set) var folders: [String] = []
  private var others: [String] = []

  /// Names relative to the folder; `isDeep` looks into folders in it, but not behind links to such.
  init(_ path: String, isDeep: Bool = false) throws {
    guard let names = try? FileManager.default.contentsOfDirectory(atPath: path) else {
      throw FileError(path, "is not a folder that can be read")
    }
    for name in names.sorted(by: { $0.utf8.lexicographicallyPrecedes($1.utf8) }) {
      switch fileKind("\(path)/\(name)") {
      case S_IFREG: files.append(name)
      case S_IFDIR:
        folders.append(name)
        var status = stat()
        guard isDeep, lstat("\(path)/\(name)", &status) == 0, status.st_mode & S_IFMT == S_IFDIR else { continue }
        let inner = try FolderEntries("\(path)/\(name)", isDeep: true)
        files += inner.files.map { "\(name)/\($0)" }
        others += inner.others.map { "\(name)/\($0)" }
      default: others.append(name)
      }
    }
  }

  func files(_ extensions: [String]) -> [String] { files.filter { $0.hasExtension(extensions) } }

  /// How many that are no files are named like such.
  func others(_ extensions: [String]) -> Int { (others + folders).count { $0.hasExtension(extensions) } }
}

extension String {
  fileprivate func hasExtension(_ extensions: [String]) -> Bool {
    let name = lowercased()
    return extensions.contains { name.hasSuffix($0) }
  }
}
