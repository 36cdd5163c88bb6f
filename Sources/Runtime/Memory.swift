import CPrefactor
import CShims
import PrefactorModelFormat

/// Where memory comes from: the caller's functions, or malloc.
public struct Allocator {
  public static let alignment = 64
  private let functions: pf_allocator

  /// Nil if a function is missing.
  public init?(_ functions: pf_allocator) {
    guard functions.allocate != nil, functions.release != nil else { return nil }
    self.functions = functions
  }

  public static var malloc: Allocator {
    Allocator(
      system: pf_allocator(
        context: nil, allocate: { _, size, alignment in shim_allocate(size, alignment) },
        release: { _, pointer, _ in shim_release(pointer) }))
  }

  private init(system: pf_allocator) { functions = system }

  func allocate(_ size: Int) throws(Failure) -> UnsafeMutableRawPointer {
    guard let pointer = functions.allocate(functions.context, max(size, 1), Allocator.alignment) else {
      throw Failure(PF_ERROR_OUT_OF_MEMORY, "# bytes cannot be allocated", size)
    }
    return pointer
  }

  func release(_ pointer: UnsafeMutableRawPointer, _ size: Int) {
    functions.release(functions.context, pointer, max(size, 1))
  }
}

/// Hands out consecutive, aligned parts of a block; without a block it only counts, in numbers that hold what no block
/// can.
struct Carver {
  private let base: UnsafeMutableRawPointer?
  private var used: Int64 = 0

  init(_ base: UnsafeMutableRawPointer?) { self.base = base }

  /// Meaningless, and not to be used, where there is no block.
  mutating func take<Element>(_ count: Int, of type: Element.Type) -> UnsafeMutablePointer<Element>? {
    take(bytes: Int64(count) * Int64(MemoryLayout<Element>.stride)).map {
      $0.bindMemory(to: Element.self, capacity: max(count, 1))
    }
  }

  mutating func take(bytes: Int64) -> UnsafeMutableRawPointer? {
    let offset = used
    used = used.addingClamped(bytes).addingClamped(Int64(Allocator.alignment - 1)) & ~Int64(Allocator.alignment - 1)
    return base.map { $0 + Int(truncatingIfNeeded: offset) }
  }

  /// The size of a block for all that has been taken.
  func blockBytes() throws(Failure) -> Int {
    guard let bytes = Int(exactly: used), bytes <= Int.max - 2 * Allocator.alignment else {
      throw Failure(PF_ERROR_OUT_OF_MEMORY, "# bytes do not fit the address space of this processor", wide: used)
    }
    return bytes
  }
}

/// To a whole number of cache lines.
func roundUp(_ bytes: Int) -> Int { (bytes + Allocator.alignment - 1) & ~(Allocator.alignment - 1) }
