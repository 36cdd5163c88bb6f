// Files that name images and their classes.
import PrefactorCompiler
@testable import prefactor

@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ bytes: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  let text = Array(UnsafeBufferPointer(start: bytes, count: count))
  _ = try? LabelledImage.parse(lines(of: text, in: "labels"), of: "labels", classes: ["cat", "dog"])
  return 0
}
