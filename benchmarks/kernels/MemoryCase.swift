import Foundation
import KernelContract

/// Kernels that move memory rather than compute: bytes that have to be moved, inputs and outputs once each, a second;
/// as a multiple of what this core reads from memory, and of a copy of as many bytes, which stays in the same caches.
func printBandwidth(_ machine: Machine) {
  let rows = MemoryCase.all.map { $0.row(machine) }
  printTable("Memory", ["kernel", "size", "µs", "GB/s", "of memory", "of a copy", "of peak"], rows)
}

/// A kernel at one size, with its arrays.
struct MemoryCase {
  let name, size: String
  /// Elements read and written.
  let moved: Int
  /// Multiply-adds, where they count.
  var multiplyAdds = 0
  let run: (pf_kernels) -> Void

  func row(_ machine: Machine) -> [String] {
    let bytes = 4 * moved
    let time = seconds { run(machine.kernels) }
    let copied = Floats(bytes / 8)
    let copy = Floats(bytes / 8)
    let copyTime = seconds { memcpy(copy.pointer, copied.pointer, bytes / 2) }
    let rate = 1e-9 * Double(bytes) / time
    let share = multiplyAdds == 0 ? "" : percent(2e-9 * Double(multiplyAdds) / time / machine.peak)
    return [
      name, size, rounded(1e6 * time), rounded(rate), rounded(rate / machine.bandwidth, 2), rounded(copyTime / time, 2),
      share,
    ]
  }
}

/// Floats between 0 and 1, at the start of a cache line.
final class Floats {
  let pointer: UnsafeMutablePointer<Float>

  init(_ count: Int) {
    pointer = UnsafeMutableRawPointer.allocate(byteCount: 4 * count + 64, alignment: 64).bindMemory(
      to: Float.self, capacity: count)
    for i in 0..<count { pointer[i] = Float(i % 251) / 251 }
  }

  deinit { pointer.deallocate() }
}
