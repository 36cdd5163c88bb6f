import CPrefactor
import PrefactorModelFormat
import PrefactorRuntime

/// Text of bounded length in a buffer of C's, always terminated; what does not fit is cut.
struct Message {
  private let buffer: UnsafeMutablePointer<CChar>
  private let capacity: Int
  private var length = 0

  init(_ buffer: UnsafeMutablePointer<CChar>, capacity: Int) {
    self.buffer = buffer
    self.capacity = capacity
    buffer[0] = 0
  }

  private mutating func append(byte: CChar) {
    guard length < capacity - 1 else { return }
    buffer[length] = byte
    length += 1
    buffer[length] = 0
  }

  mutating func append(cString text: UnsafePointer<CChar>) {
    var next = text
    while next.pointee != 0 {
      append(byte: next.pointee)
      next += 1
    }
  }

  mutating func append(_ text: StaticString) { append(cString: text.cString) }

  mutating func append(_ number: Int) {
    var divisor: UInt = 1
    let magnitude = number.magnitude
    if number < 0 { append("-") }
    while magnitude / divisor >= 10 { divisor *= 10 }
    while divisor > 0 {
      append(byte: CChar(truncatingIfNeeded: 48 + magnitude / divisor % 10))
      divisor /= 10
    }
  }

  /// The reason of a failure, with its numbers in the places of the first two `#`.
  mutating func append(reasonOf failure: Failure) {
    var next = failure.reason.cString
    var numbers = 0
    while next.pointee != 0 {
      if next.pointee == 0x23, numbers < 2 {
        append(numbers == 0 ? failure.first : failure.second)
        numbers += 1
      } else {
        append(byte: next.pointee)
      }
      next += 1
    }
  }
}

/// What a failure is said of: a path, where one is at hand, and a file for the names of steps.
struct Subject {
  var path: UnsafePointer<CChar>?
  var file: ModelFile?
}

func report(_ failure: Failure, of subject: Subject = Subject(), to error: UnsafeMutablePointer<pf_error>?) -> pf_status {
  guard let error else { return failure.status }
  error.pointee.status = failure.status
  withUnsafeMutableBytes(of: &error.pointee.message) { bytes in
    guard let base = bytes.baseAddress else { return }
    var message = Message(base.assumingMemoryBound(to: CChar.self), capacity: bytes.count)
    if let path = subject.path {
      message.append(cString: path)
      message.append(": ")
    }
    if failure.node >= 0, let file = subject.file, let node = try? file.node(failure.node) {
      message.append("layer '")
      message.append(cString: node.name)
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
