import Foundation
import KernelContract

/// Floats that end where an unreadable page begins, so that a kernel that reads or writes past them crashes.
final class Buffer {
  let floats: UnsafeMutableBufferPointer<Float>
  private let mapping: UnsafeMutableRawPointer
  private let length: Int

  var pointer: UnsafeMutablePointer<Float> { floats.baseAddress! }

  init(count: Int) {
    let page = Int(sysconf(Int32(_SC_PAGESIZE)))
    let used = (count * 4 + page - 1) / page * page
    length = used + page
    mapping = mmap(nil, length, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)!
    precondition(mapping != MAP_FAILED)
    mprotect(mapping + used, page, PROT_NONE)
    let start = (mapping + (used - count * 4)).bindMemory(to: Float.self, capacity: count)
    floats = UnsafeMutableBufferPointer(start: start, count: count)
  }

  convenience init(_ values: [Float]) {
    self.init(count: values.count)
    for (i, value) in values.enumerated() { floats[i] = value }
  }

  convenience init(count: Int, repeating value: Float) {
    self.init(count: count)
    floats.update(repeating: value)
  }

  /// Evenly spread over -1 ... 1.
  convenience init(count: Int, random: inout Random) {
    self.init(count: count)
    for i in 0..<count { floats[i] = random.next() }
  }

  deinit { munmap(mapping, length) }
}

/// Half-precision numbers that end where an unreadable page begins.
final class HalfBuffer {
  private let storage: Buffer
  let pointer: UnsafeMutablePointer<UInt16>

  /// Rounds floats to the nearest half-precision numbers, there and in a buffer of its own.
  init(rounding buffer: Buffer) {
    let count = buffer.floats.count
    storage = Buffer(count: (count + 1) / 2)
    let end = UnsafeMutableRawPointer(storage.pointer + storage.floats.count)
    pointer = (end - 2 * count).assumingMemoryBound(to: UInt16.self)
    for i in 0..<count {
      pointer[i] = HalfBuffer.rounded(buffer.floats[i])
      buffer.floats[i] = pf_widen(pointer[i])
    }
  }

  /// Of numbers whose magnitude is below the largest in half precision, or NaN.
  private static func rounded(_ value: Float) -> UInt16 {
    let sign = UInt16(value.bitPattern >> 16) & 0x8000
    if value.isNaN { return 0x7e00 | sign }
    // The unit in the last place is 2⁻¹⁰ of a normal number's power of two, and 2⁻²⁴ of the smallest one's and below.
    let unit = Float(sign: .plus, exponent: max(value == 0 ? -24 : Int(value.exponent) - 10, -24), significand: 1)
    let units = (abs(value) / unit).rounded(.toNearestOrEven)
    let exponent = Int(unit.exponent) + 24
    return sign | UInt16(exponent << 10 + Int(units))
  }
}

struct Random {
  private var state: UInt64

  init(seed: UInt64) { state = seed &* 0x9e37_79b9_7f4a_7c15 | 1 }

  mutating func next() -> Float {
    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    return Float(Int32(truncatingIfNeeded: state >> 32)) * 0x1p-31
  }
}
