import Foundation

/// Memory that ends where a page that nobody may touch begins, so that an access past its end stops the test. A pattern
/// before it shows what was written there.
public final class GuardedMemory {
  private static let pattern: UInt8 = 0xA5
  private let mapping: UnsafeMutableRawPointer
  private let usable: Int
  public let base: UnsafeMutableRawPointer

  public init(bytes: Int, alignment: Int = 4) {
    let page = Int(getpagesize())
    usable = (bytes + alignment + page) / page * page
    mapping = mmap(nil, usable + page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
    precondition(mapping != MAP_FAILED)
    precondition(mprotect(mapping + usable, page, PROT_NONE) == 0)
    memset(mapping, Int32(GuardedMemory.pattern), usable)
    base = mapping + (usable - bytes) / alignment * alignment
  }

  deinit { munmap(mapping, usable + Int(getpagesize())) }

  public func makeReadOnly() { mprotect(mapping, usable, PROT_READ) }

  public var isIntactBefore: Bool {
    UnsafeRawBufferPointer(start: mapping, count: base - mapping).allSatisfy { $0 == GuardedMemory.pattern }
  }
}
