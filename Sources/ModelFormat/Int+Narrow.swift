// Where Int has 32 bits, Swift's generic conversions between it and 64-bit integers, and from small integers to
// floating point, need the heap, which `-no-allocations` refuses: "cannot use allocating type
// '_ContiguousArrayStorage<UInt>'". Here are those that the runtime uses, without it; being no generics, they are
// chosen over Swift's own. What remains to watch: compare integers of one type, and shift 64-bit ones by `&>>`.
#if _pointerBitWidth(_32)
import CShims

extension Int {
  @inline(__always)
  public init?(exactly value: Int64) {
    self.init(truncatingIfNeeded: value)
    if shim_widen(self) != value { return nil }
  }

  @inline(__always)
  public init?(exactly value: UInt64) {
    if value > 0x7fff_ffff { return nil }
    self.init(truncatingIfNeeded: value)
  }

  @inline(__always)
  public init(_ value: Int64) {
    self.init(truncatingIfNeeded: value)
    precondition(shim_widen(self) == value)
  }

  @inline(__always)
  public init(clamping value: Int64) {
    self = value < -0x8000_0000 ? .min : value > 0x7fff_ffff ? .max : Int(truncatingIfNeeded: value)
  }
}

extension Int64 {
  @inline(__always) public init(_ value: Int) { self = shim_widen(value) }
  @inline(__always) public init(_ value: Int32) { self = shim_widen(Int(value)) }
}

extension UInt64 {
  @inline(__always)
  public init(_ value: Int) {
    precondition(value >= 0)
    self.init(bitPattern: shim_widen(value))
  }
}

extension Float {
  @inline(__always) public init(_ value: Int32) { self.init(Int(value)) }
}

extension Double {
  @inline(__always) public init(_ value: Int32) { self.init(Int(value)) }
}
#endif
