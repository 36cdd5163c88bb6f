import CPrefactor
import PrefactorModelFormat
import PrefactorRuntime

extension Text {
  /// The reason of a failure, with its numbers and names in the places of `#` and `@`.
  mutating func append(reasonOf failure: Failure) {
    var next = failure.reason.cString
    var numbers = 0
    var names = 0
    while next.pointee != 0 {
      if next.pointee == 0x23, numbers < 3 {
        append(failure.number(numbers))
        numbers += 1
      } else if next.pointee == 0x40, names < 3 {
        append(foreign: failure.name(names), limit: longestNameInReason)
        names += 1
      } else {
        append(byte: next.pointee)
      }
      next += 1
    }
  }
}

/// The most bytes of a path, of a layer's name, and of each of up to three names in a reason: of 507, that leaves more
/// than 100 for the words, which no reason with three names comes near.
private let longestPath = 140
private let longestName = 80
private let longestNameInReason = 56

/// What a failure is said of: a path, where one is at hand, and a file for the names of steps.
struct Subject {
  var path: UnsafePointer<CChar>?
  var file: ModelFile?
}

func report(_ failure: Failure, of subject: Subject = Subject(), to error: UnsafeMutablePointer<pf_error>?) -> pf_status
{
  guard let error else { return failure.status }
  error.pointee.status = failure.status
  withUnsafeMutableBytes(of: &error.pointee.message) { bytes in
    guard let base = bytes.baseAddress else { return }
    var message = Text(base.assumingMemoryBound(to: CChar.self), capacity: bytes.count)
    if let path = subject.path {
      message.append(foreign: path, limit: longestPath)
      message.append(": ")
    }
    if failure.node >= 0, let file = subject.file, let node = try? file.node(failure.node) {
      message.append("layer '")
      message.append(foreign: node.name, limit: longestName)
      message.append("' (")
      message.append(node.operation.name)
      message.append("): ")
    } else if failure.node >= 0 {
      message.append("node ")
      message.append(failure.node)
      message.append(": ")
    }
    message.append(reasonOf: failure)
  }
  return failure.status
}

func succeed(_ error: UnsafeMutablePointer<pf_error>?) -> pf_status {
  guard let error else { return PF_OK }
  error.pointee.status = PF_OK
  withUnsafeMutableBytes(of: &error.pointee.message) { $0[0] = 0 }
  return PF_OK
}
