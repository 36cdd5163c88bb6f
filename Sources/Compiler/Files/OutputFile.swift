import CFiles
import Foundation

/// Where the user wants a result. What is there stays until the result is whole: a regular file is replaced by one that
/// was written beside it. Devices, FIFOs and open descriptors are written to.
public struct OutputFile {
  public let path: String

  private enum Place {
    case descriptor(Int32)
    /// A device or a FIFO.
    case device
    /// The path of a regular file behind all symbolic links, and what is there now.
    case file(String, stat?)
  }

  /// Fails where nothing could be written, so that this is known before any work is done. "-" is standard output.
  public init(_ path: String) throws {
    self.path = path
    _ = try place()
  }

  public var isStandardOutput: Bool {
    if case .descriptor(STDOUT_FILENO)? = try? place() { true } else { false }
  }

  /// Fails where writing would replace one of the files that the result is made from.
  public func requireApart(from sources: [String]) throws {
    guard case .file(_, let target?) = try place() else { return }
    for source in sources {
      var status = stat()
      guard stat(source, &status) == 0, status.st_dev == target.st_dev, status.st_ino == target.st_ino else { continue }
      throw FileError(path, "is the same file as '\(source)', which is read here: with --force it is replaced")
    }
  }

  public func write(_ bytes: [UInt8]) throws {
    switch try place() {
    case .descriptor(let descriptor): try write(bytes, to: descriptor)
    case .device:
      let device = open(path, O_WRONLY | O_CLOEXEC)
      guard device >= 0 else { throw FileError(path, systemReason) }
      defer { close(device) }
      try write(bytes, to: device)
    case .file(let file, let replaced): try replace(file, replaced, bytes)
    }
  }
}

// MARK: Places

extension OutputFile {
  private func place() throws -> Place {
    if path == "-" { return .descriptor(STDOUT_FILENO) }
    var current = path
    for _ in 0..<40 {
      // Links to what is open lead nowhere that has a name.
      if let descriptor = Self.descriptor(current) { return .descriptor(descriptor) }
      var status = stat()
      if lstat(current, &status) != 0 {
        guard errno == ENOENT, !current.hasSuffix("/") else { throw FileError(path, systemReason) }
        try requireFolder(of: current)
        return .file(current, nil)
      }
      switch status.st_mode & S_IFMT {
      case S_IFLNK: current = try Self.target(ofLink: current).get(or: path)
      case S_IFDIR: throw FileError(path, String(cString: strerror(EISDIR)))
      case S_IFREG:
        guard access(current, W_OK) == 0 else { throw FileError(path, systemReason) }
        try requireFolder(of: current)
        return .file(current, status)
      default: return .device
      }
    }
    throw FileError(path, String(cString: strerror(ELOOP)))
  }

  private static func descriptor(_ path: String) -> Int32? {
    switch path {
    case "/dev/stdout": return STDOUT_FILENO
    case "/dev/stderr": return STDERR_FILENO
    default:
      let folder = ["/dev/fd/", "/proc/self/fd/"].first(where: path.hasPrefix)
      return folder.flatMap { Int32(path.dropFirst($0.count)) }
    }
  }

  private static func target(ofLink path: String) -> String? {
    var buffer = [UInt8](repeating: 0, count: Int(PATH_MAX))
    let count = buffer.withUnsafeMutableBytes {
      readlink(path, $0.baseAddress!.assumingMemoryBound(to: CChar.self), $0.count)
    }
    guard count > 0 else { return nil }
    let target = String(decoding: buffer[..<count], as: UTF8.self)
    return target.hasPrefix("/") ? target : folder(of: path) + "/" + target
  }

  private static func folder(of path: String) -> String {
    guard let slash = path.lastIndex(of: "/") else { return "." }
    return slash == path.startIndex ? "/" : String(path[..<slash])
  }

  private func requireFolder(of file: String) throws {
    let folder = Self.folder(of: file)
    guard access(folder, W_OK | X_OK) == 0 else {
      let reason = systemReason
      throw FileError(path, errno == ENOENT ? reason : "cannot be written in the folder '\(folder)': \(reason)")
    }
  }
}

extension Optional {
  fileprivate func get(or path: String) throws -> Wrapped {
    guard let self else { throw FileError(path, systemReason) }
    return self
  }
}

// MARK: Bytes

extension OutputFile {
  /// The bytes are on the disk before the file gets its name, so that no crash leaves half of it there.
  private func replace(_ file: String, _ replaced: stat?, _ bytes: [UInt8]) throws {
    let (partial, descriptor) = try createPartial(in: Self.folder(of: file))
    defer {
      unlink(partial)
      files_keep_on_signal()
    }
    do {
      defer { close(descriptor) }
      try write(bytes, to: descriptor)
      if let replaced {
        // Only root can give files away; the mode goes last because a change of owner takes bits from it.
        _ = fchown(descriptor, replaced.st_uid, replaced.st_gid)
        _ = fchmod(descriptor, replaced.st_mode & 0o7777)
      }
      // Some file systems have no such thing.
      guard fsync(descriptor) == 0 || errno == EINVAL || errno == ENOTSUP else { throw FileError(path, systemReason) }
    }
    guard rename(partial, file) == 0 else { throw FileError(path, systemReason) }
  }

  /// A file that no one else has: process numbers are the same in other containers, which may share the folder.
  private func createPartial(in folder: String) throws -> (path: String, descriptor: Int32) {
    while true {
      let partial = "\(folder)/.prefactor-\(String(UInt64.random(in: 0 ... .max), radix: 36)).partial"
      guard files_remove_on_signal(partial) != 0 else { throw FileError(path, String(cString: strerror(ENAMETOOLONG))) }
      let descriptor = open(partial, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
      if descriptor >= 0 { return (partial, descriptor) }
      let isTaken = errno == EEXIST
      let reason = systemReason
      files_keep_on_signal()
      if !isTaken { throw FileError(path, reason) }
    }
  }

  private func write(_ bytes: [UInt8], to descriptor: Int32) throws {
    try bytes.withUnsafeBytes { buffer in
      var done = 0
      while done < buffer.count {
        let count = Foundation.write(descriptor, buffer.baseAddress! + done, buffer.count - done)
        if count >= 0 {
          done += count
        } else if errno == EAGAIN {
          var wait = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
          poll(&wait, 1, -1)
        } else if errno != EINTR {
          throw FileError(path, systemReason)
        }
      }
    }
  }
}
