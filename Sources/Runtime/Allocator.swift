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

  package func allocate(_ size: Int) throws(Failure) -> UnsafeMutableRawPointer {
    guard let pointer = functions.allocate(functions.context, max(size, 1), Allocator.alignment) else {
      throw Failure(PF_ERROR_OUT_OF_MEMORY, "# bytes cannot be allocated", size)
    }
    return pointer
  }

  package func release(_ pointer: UnsafeMutableRawPointer, _ size: Int) {
    functions.release(functions.context, pointer, max(size, 1))
  }
}
