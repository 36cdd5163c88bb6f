import CPrefactor
import PrefactorModelFormat

/// Hands out consecutive, aligned parts of a block; without a block it only counts, in numbers that hold what no block
/// can.
package struct BumpAllocator {
  private let base: UnsafeMutableRawPointer?
  package private(set) var used: Int64 = 0

  package init(_ base: UnsafeMutableRawPointer?) { self.base = base }

  /// Meaningless, and not to be used, where there is no block.
  package mutating func take<Element>(_ count: Int, of type: Element.Type) -> UnsafeMutablePointer<Element>? {
    take(bytes: Int64(count) * Int64(MemoryLayout<Element>.stride)).map {
      $0.bindMemory(to: Element.self, capacity: max(count, 1))
    }
  }

  package mutating func take(bytes: Int64) -> UnsafeMutableRawPointer? {
    let offset = used
    used = used.addingClamped(bytes).addingClamped(Int64(Allocator.alignment - 1)) & ~Int64(Allocator.alignment - 1)
    return base.map { $0 + Int(truncatingIfNeeded: offset) }
  }

  /// The size of a block for all that has been taken.
  package func blockBytes() throws(Failure) -> Int {
    guard let bytes = Int(exactly: used), bytes <= Int.max - 2 * Allocator.alignment else {
      throw Failure(PF_ERROR_OUT_OF_MEMORY, "# bytes do not fit the address space of this processor", wide: used)
    }
    return bytes
  }
}

/// To a whole number of cache lines.
package func roundUp(_ bytes: Int) -> Int { (bytes + Allocator.alignment - 1) & ~(Allocator.alignment - 1) }
