import CShims
import Foundation
import KernelContract
import PrefactorRuntime

/// What this processor can do at best on some threads, with the kernels that a session chose: what its steps are shares of.
struct Machine {
  /// Multiply-adds in registers, each counted as two operations.
  let gflops: Double
  /// Of reading an array far beyond every cache.
  let gigabytesPerSecond: Double

  init?(isa: String, threads: Int) {
    let sets = KernelSet.all
    guard let index = sets.indices.first(where: { sets[$0].name.description == isa }) else { return nil }
    let kernels = sets[index].kernels
    let rounds = 10_000_000
    let operations = kernels.peak(rounds) * threads
    gflops = 2e-9 * Double(operations) / seconds(threads) { _ in _ = kernels.peak(rounds) }
    let count = (1 << 26) / threads
    let array = UnsafeMutablePointer<Float>.allocate(capacity: count * threads)
    defer { array.deallocate() }
    array.initialize(repeating: 1, count: count * threads)
    gigabytesPerSecond = 4e-9 * Double(count * threads) / seconds(threads) { thread in
      var largest: Float = 0
      kernels.reduce(PF_REDUCE_MAX, array + thread * count, &largest, count, 1, 0, 1)
    }
  }
}

/// The least time of `body` on all threads at once, of a tenth of a second's runs and at least five: what disturbs it only adds to it.
private func seconds(_ threads: Int, _ body: (Int) -> Void) -> Double {
  var least = Double.infinity
  var runs = 0
  let end = shim_nanoseconds() + 100_000_000
  repeat {
    let start = shim_nanoseconds()
    DispatchQueue.concurrentPerform(iterations: threads, execute: body)
    least = min(least, Double(shim_nanoseconds() - start) * 1e-9)
    runs += 1
  } while runs < 5 || shim_nanoseconds() < end
  return least
}
