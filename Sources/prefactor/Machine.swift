import CShims
import Foundation
import KernelContract
import PrefactorEngine
import PrefactorRuntime

/// What this processor can do at best on some threads, with the kernels that a session chose: what its steps are shares
/// of.
struct Machine {
  /// Multiply-adds in registers, each counted as two operations.
  let gflops: Double
  /// Of reading an array far beyond every cache.
  let gigabytesPerSecond: Double

  init?(isa: String, threads: Int) {
    guard let kernels = KernelSet.all.first(where: { $0.description == isa })?.kernels else { return nil }
    // Runs of about a millisecond: shorter than what the scheduler gives to others, so that some are left alone.
    let rounds = 500_000
    let operations = kernels.peak(rounds) * threads
    gflops = 2e-9 * Double(operations) / seconds(threads) { _, _ in _ = kernels.peak(rounds) }
    let chunk = 1 << 20
    let chunks = max(64 / threads, 1) * threads
    let array = UnsafeMutablePointer<Float>.allocate(capacity: chunks * chunk)
    defer { array.deallocate() }
    array.initialize(repeating: 1, count: chunks * chunk)
    gigabytesPerSecond =
      4e-9 * Double(threads * chunk)
      / seconds(threads) { run, thread in
        var largest: Float = 0
        kernels.reduce(
          PF_REDUCE_MAX, array + (run * threads + thread) % chunks * chunk, 1, &largest, chunk, 1, 0, 1, nil)
      }
  }
}

/// The least time of `body` on all threads at once, of a tenth of a second's runs and at least a hundred: what disturbs
/// it only adds to it.
private func seconds(_ threads: Int, _ body: (_ run: Int, _ thread: Int) -> Void) -> Double {
  var least = Double.infinity
  var run = 0
  let end = shim_nanoseconds() + 100_000_000
  repeat {
    let start = shim_nanoseconds()
    DispatchQueue.concurrentPerform(iterations: threads) { body(run, $0) }
    least = min(least, Double(shim_nanoseconds() - start) * 1e-9)
    run += 1
  } while run < 100 || shim_nanoseconds() < end
  return least
}
