import CShims
import Foundation
import KernelContract
import PrefactorRuntime

/// One instruction set of this processor, and what one core of it can do at best: every figure is a share of these two.
struct Machine {
  let name: String
  let kernels: pf_kernels
  let target: Target
  /// Multiply-adds in registers, in GFLOP/s.
  let peak: Double
  /// The largest of an array far beyond every cache, in GB/s read.
  let bandwidth: Double

  init(_ set: KernelSet) {
    name = String(cString: set.name)
    let kernels = set.kernels
    self.kernels = kernels
    target = set.target
    let rounds = 10_000_000
    var operations = 0
    peak = 2e-9 * Double(rounds) / seconds { operations = kernels.peak(rounds) } * Double(operations / rounds)
    let array = UnsafeMutablePointer<Float>.allocate(capacity: 1 << 26)
    array.initialize(repeating: 1, count: 1 << 26)
    defer { array.deallocate() }
    var largest: Float = 0
    bandwidth =
      4e-9 * Double(1 << 26) / seconds { kernels.reduce(PF_REDUCE_MAX, array, 1, &largest, 1 << 26, 1, 0, 1, nil) }
  }

  /// Those that this processor can run, best first, but for the reference.
  static var all: [Machine] {
    // The last is the reference.
    (0..<KernelSet.count - 1).map { KernelSet($0) }.filter(\.isAvailable).map { Machine($0) }
  }
}

/// The median time of `body`, run for a tenth of a second and at least five times, after once to warm up.
func seconds(_ body: () -> Void) -> Double {
  body()
  var times: [Double] = []
  let end = shim_nanoseconds() + 100_000_000
  repeat {
    let start = shim_nanoseconds()
    body()
    times.append(Double(shim_nanoseconds() - start) * 1e-9)
  } while times.count < 5 || shim_nanoseconds() < end
  return times.sorted()[times.count / 2]
}

/// Rows as a Markdown table.
func printTable(_ title: String, _ header: [String], _ rows: [[String]]) {
  print("\n\(title)\n\n| \(header.joined(separator: " | ")) |\n|\(String(repeating: "---|", count: header.count))")
  for row in rows { print("| \(row.joined(separator: " | ")) |") }
}

func percent(_ share: Double) -> String { "\(Int((100 * share).rounded())) %" }

func rounded(_ value: Double, _ digits: Int = 1) -> String { String(format: "%.\(digits)f", value) }
