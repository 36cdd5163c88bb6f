import Foundation

/// Files beside the model that hold tensors too large for it.
final class ExternalFiles {
  /// `TensorProto.DataLocation.EXTERNAL`.
  static let location: Int32 = 1

  /// Nil where the model does not come from a file.
  private let folder: URL?
  private var mapped: [String: Data] = [:]
  /// Of those that were read.
  private(set) var paths: [String] = []

  init(folder: URL?) { self.folder = folder?.resolvingSymlinksInPath() }

  /// The bytes that `location`, `offset` and `length` describe.
  func bytes(_ entries: [Onnx_StringStringEntryProto]) throws -> Data {
    let entries = Dictionary(entries.map { ($0.key, $0.value) }, uniquingKeysWith: { first, _ in first })
    guard let location = entries["location"], !location.isEmpty else {
      throw ONNXError("external data without a location")
    }
    let file = try contents(location)
    guard let offset = Int(entries["offset"] ?? "0"), offset >= 0, offset <= file.count,
      let length = Int(entries["length"] ?? "\(file.count - offset)"), length >= 0, length <= file.count - offset
    else { throw ONNXError("external data reaches past the end of '\(location)', which has \(file.count) bytes") }
    return file.dropFirst(offset).prefix(length)
  }

  private func contents(_ location: String) throws -> Data {
    if let data = mapped[location] { return data }
    guard let folder else { throw ONNXError("external data in '\(location)', but the model is not a file") }
    let url = folder.appendingPathComponent(location).resolvingSymlinksInPath()
    // A model from a stranger must not read files of its choice.
    guard !location.hasPrefix("/"), url.path.hasPrefix(folder.path + "/") else {
      throw ONNXError("external data in '\(location)', which is outside the model's folder")
    }
    do {
      let data = try Data(contentsOf: url, options: .alwaysMapped)
      mapped[location] = data
      paths.append(url.path)
      return data
    } catch {
      throw ONNXError("external data in '\(location)' cannot be read: \(error.localizedDescription)")
    }
  }
}
