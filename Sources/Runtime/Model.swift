import CPrefactor
import CShims
import PrefactorModelFormat

/// An open `.pfmodel`. It lives in memory of its allocator, never changes, and may be used by many threads.
public struct Model {
  public let file: ModelFile
  public let allocator: Allocator
  public let log: Log
  private let mapping: Bytes?
  /// Guarded by a lock of its own, beside the model, which never changes.
  package let shared: UnsafeMutablePointer<SharedParts>

  /// Maps a file. `path` is NUL-terminated.
  public static func open(path: UnsafePointer<CChar>, allocator: Allocator, log: Log) throws(Failure)
    -> UnsafeMutablePointer<Model>
  {
    var length = 0
    var error: Int32 = 0
    guard let mapping = shim_map_file(path, &length, &error) else {
      if error == EFBIG { throw Failure(PF_ERROR_IO, "does not fit the address space of this processor") }
      if error == -1 { throw Failure(PF_ERROR_IO, "is empty, or not a regular file") }
      throw error == ENOENT
        ? Failure(PF_ERROR_IO, "does not exist") : Failure(PF_ERROR_IO, "cannot be read (errno #)", Int(error))
    }
    do throws(Failure) {
      let bytes = Bytes(mapping, count: length)
      return try make(bytes, mapping: bytes, allocator, log)
    } catch {
      shim_unmap(mapping, length)
      throw error
    }
  }

  /// Uses bytes of the caller's in place.
  public static func open(_ bytes: Bytes, allocator: Allocator, log: Log) throws(Failure) -> UnsafeMutablePointer<Model>
  {
    guard Int(bitPattern: bytes.base) % Layout.alignment == 0 else {
      throw Failure(PF_ERROR_INVALID_ARGUMENT, "the model's bytes are not aligned to #", Layout.alignment)
    }
    return try make(bytes, mapping: nil, allocator, log)
  }

  /// Says that a constant won't be read soon, so that its pages needn't stay in memory.
  func dropPages(of constant: Bytes) {
    if mapping != nil { shim_drop_pages(constant.base, constant.count) }
  }

  private static func make(_ bytes: Bytes, mapping: Bytes?, _ allocator: Allocator, _ log: Log) throws(Failure)
    -> UnsafeMutablePointer<Model>
  {
    let file = try ModelFile(bytes)
    try checkOrder(file, allocator)
    let blockBytes = try blockBytes()
    let block = try allocator.allocate(blockBytes)
    do throws(Failure) {
      var bump = BumpAllocator(block)
      guard let model = bump.take(1, of: Model.self), let shared = bump.take(1, of: SharedParts.self) else {
        throw Failure(PF_ERROR_OUT_OF_MEMORY, "no block for the model")
      }
      shared.initialize(to: SharedParts())
      try shared.pointee.initialize()
      model.initialize(to: Model(file: file, allocator: allocator, log: log, mapping: mapping, shared: shared))
      return model
    } catch {
      allocator.release(block, blockBytes)
      throw error
    }
  }

  private static func blockBytes() throws(Failure) -> Int {
    var bump = BumpAllocator(nil)
    _ = (bump.take(1, of: Model.self), bump.take(1, of: SharedParts.self))
    return try bump.blockBytes()
  }

  public static func close(_ model: UnsafeMutablePointer<Model>) {
    let allocator = model.pointee.allocator
    if let mapping = model.pointee.mapping { shim_unmap(mapping.base, mapping.count) }
    model.pointee.shared.pointee.deinitialize()
    if let bytes = try? blockBytes() { allocator.release(UnsafeMutableRawPointer(model), bytes) }
  }

  /// Every value is computed once, before it is used; that also rules out cycles.
  private static func checkOrder(_ file: ModelFile, _ allocator: Allocator) throws(Failure) {
    let count = file.count(.values)
    let memory = try allocator.allocate(count)
    defer { allocator.release(memory, count) }
    let isKnown = memory.bindMemory(to: Bool.self, capacity: max(count, 1))
    for value in 0..<count { isKnown[value] = try file.value(value).layout != nil }
    for index in 0..<file.count(.inputs) { isKnown[file.number(.inputs, index)] = true }
    for index in 0..<file.count(.nodes) {
      let node = try file.node(index)
      for position in 0..<node.inputCount {
        guard let operand = file.operand(node, position) else { continue }
        guard isKnown[operand] else {
          throw Failure(PF_ERROR_BAD_MODEL, "input # is computed later, or never", position, node: index)
        }
      }
      guard !isKnown[node.output] else {
        throw Failure(PF_ERROR_BAD_MODEL, "computes a value that another node computes too", node: index)
      }
      isKnown[node.output] = true
    }
    for index in 0..<file.count(.outputs) where !isKnown[file.number(.outputs, index)] {
      throw Failure(PF_ERROR_BAD_MODEL, "output # is never computed", index)
    }
  }
}

/// The caller's log callback.
public struct Log {
  private let function: pf_log_function?
  private let context: UnsafeMutableRawPointer?

  public init(_ function: pf_log_function?, context: UnsafeMutableRawPointer?) {
    self.function = function
    self.context = context
  }

  public func callAsFunction(_ level: pf_log_level, _ message: UnsafePointer<CChar>) {
    function?(context, level, message)
  }
  public var isSilent: Bool { function == nil }
}
