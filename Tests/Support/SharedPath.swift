import Foundation

/// The repository's folder.
let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
  .deletingLastPathComponent()

/// Where a file of the data that are shared beside the repository would be, such as trained networks.
public func sharedPath(_ name: String) -> String {
  root.appendingPathComponent("../shared/\(name)").standardizedFileURL.path
}
