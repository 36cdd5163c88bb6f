import Foundation

/// What is wrong with a file that the user named.
public struct FileError: Error, CustomStringConvertible {
  public var path: String, reason: String

  public init(_ path: String, _ reason: String) {
    self.path = path
    self.reason = reason
  }

  public var description: String { "\(path.isEmpty ? "''" : path): \(reason)" }
}

/// What is wrong, said where it is not known with what file.
public struct Invalid: Error, CustomStringConvertible {
  public var description: String
  public init(_ description: String) { self.description = description }
}

/// Says of every error that `body` throws which file it is about, where the error does not say so itself.
public func inFile<Result>(_ path: String, _ body: () throws -> Result) throws -> Result {
  do { return try body() } catch let error as FileError { throw error } catch {
    let reason = "\(error)"
    let prefix = ["\(path): ", "'\(path)' "].first(where: reason.hasPrefix) ?? shortened(path, in: reason)
    throw FileError(path, String(reason.dropFirst(prefix.count)))
  }
}

/// What a reason begins with where the runtime has left out the middle of a long path, as it does to have room for the
/// rest.
private func shortened(_ path: String, in reason: String) -> Substring {
  guard let cut = reason.firstIndex(of: "…"), path.hasPrefix(reason[..<cut]) else { return "" }
  var end = reason.index(after: cut)
  while let colon = reason[end...].firstRange(of: ": ") {
    if path.hasSuffix(reason[reason.index(after: cut)..<colon.lowerBound]) { return reason[..<colon.upperBound] }
    end = colon.upperBound
  }
  return ""
}

public func requireReadable(_ path: String) throws {
  guard access(path, R_OK) == 0 else { throw FileError(path, systemReason) }
}

public func readFile(_ path: String) throws -> [UInt8] {
  guard let file = fopen(path, "rb") else { throw FileError(path, systemReason) }
  defer { fclose(file) }
  var bytes: [UInt8] = []
  var chunk = [UInt8](repeating: 0, count: 1 << 20)
  while case let count = fread(&chunk, 1, chunk.count, file), count > 0 { bytes += chunk[..<count] }
  if ferror(file) != 0 { throw FileError(path, systemReason) }
  return bytes
}

/// The lines of a UTF-8 text file, without empty ones at its end.
public func readLines(_ path: String) throws -> [String] { try lines(of: readFile(path), in: path) }

public func lines(of bytes: [UInt8], in path: String) throws -> [String] {
  guard let text = String(validating: bytes, as: UTF8.self) else { throw FileError(path, "is not UTF-8 text") }
  var lines = text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).map(String.init)
  while lines.last?.isEmpty == true { lines.removeLast() }
  return lines
}

/// Of the last call that failed.
var systemReason: String { String(cString: strerror(errno)) }
