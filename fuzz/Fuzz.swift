import CFuzzer

private var reader: ([UInt8]) throws -> Void = { _ in }

/// Gives bytes to a reader of files for as long as the program's arguments say. What it throws is what it is there for.
public func fuzz(_ read: @escaping ([UInt8]) throws -> Void) {
  reader = read
  var count = CommandLine.argc
  var arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>? = CommandLine.unsafeArgv
  _ = LLVMFuzzerRunDriver(&count, &arguments, readOne)
}

/// libFuzzer's own main function, which is linked too, wants it under this name.
@_cdecl("LLVMFuzzerTestOneInput")
public func readOne(_ bytes: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  try? reader(Array(UnsafeBufferPointer(start: bytes, count: count)))
  return 0
}
