import ArgumentParser
import CShims
import PrefactorCompiler
import PrefactorEngine
import PrefactorGraph

struct Bench: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Measures how long the network takes for one image.",
    discussion: """
      Runs for two seconds after a warm-up, on random numbers. Open heights and widths are those of the preprocessing, \
      or 224, unless --size is given. With --layers, the operations and bytes of each step are shown as shares of the \
      best that this processor achieves on as many threads: multiply-adds in registers, and reads from memory. A share \
      may exceed 100 %, because data in caches moves faster than memory, and tiled convolutions take fewer operations \
      than are counted.
      """)

  @Argument(help: "The network.") var model: String

  @OptionGroup var importing: ImportOptions

  @Flag(help: "Print how long each step takes, and what share of the processor's best it reaches.") var layers = false

  @Flag(
    help:
      """
      With --backend opencl: measure first which tiles are fastest for each convolution, and keep that for later \
      sessions.
      """
  ) var tune = false

  @Flag(help: "Print JSON.") var json = false

  @OptionGroup var sizes: SizeOptions
  @OptionGroup var execution: ExecutionOptions

  private struct Report: Encodable {
    var medianMs: Double, minMs: Double, threads: Int, backend: Backend, isa: String
    /// Of intermediate tensors as planned, and of the largest set of them that is alive at once.
    var activationBytes: Int, liveBytes: Int
    var peakGflops: Double?, bandwidthGbPerS: Double?
    var layers: [StepReport]?
  }

  func validate() throws {
    guard !tune || execution.backend == .opencl else { throw ValidationError("--tune is for --backend opencl") }
  }

  func run() throws {
    var options = execution.engineOptions
    options.profile = layers
    options.tune = tune
    let network = try importing.network(model)
    let engine = try network.engine(sizes.added(to: options, for: network))
    engine.warnOfLongRun(model)
    let report = try inFile(model) { try measure(engine) }
    if json { return try printJSON(report) }
    if let steps = report.layers { print(Table(steps)) }
    if let peak = report.peakGflops, let bandwidth = report.bandwidthGbPerS {
      print(
        "peak: \(peak.formatted(1)) GFLOP/s, bandwidth: \(bandwidth.formatted(1)) GB/s, on \(report.threads) threads")
    }
    print("median_ms: \(report.medianMs.formatted(3))")
    print(
      """
      min_ms: \(report.minMs.formatted(3)), threads: \(report.threads), backend: \(report.backend.rawValue), isa: \
      \(report.isa)
      """
    )
    print("activation_bytes: \(report.activationBytes), live_bytes: \(report.liveBytes)")
  }

  private func measure(_ engine: Engine) throws -> Report {
    let inputs = engine.inputs.map { Tensor.random(like: $0) }
    let threads = Int(engine.info.threads)
    let machine = layers ? Machine(isa: engine.isa, threads: threads) : nil
    var times: [Double] = []
    var stepTimes = [[Double]](repeating: [], count: layers ? engine.steps.count : 0)
    let warmUpEnd = shim_nanoseconds() + 300_000_000
    repeat { _ = try engine.run(inputs) } while shim_nanoseconds() < warmUpEnd
    let end = shim_nanoseconds() + 2_000_000_000
    repeat {
      let start = shim_nanoseconds()
      _ = try engine.run(inputs)
      times.append(milliseconds(shim_nanoseconds() - start))
      if layers {
        for (index, step) in engine.steps.enumerated() {
          stepTimes[index].append(milliseconds(UInt64(step.nanoseconds)))
        }
      }
    } while times.count < 10 || shim_nanoseconds() < end
    return Report(
      medianMs: median(times), minMs: times.min()!, threads: threads, backend: execution.backend, isa: engine.isa,
      activationBytes: engine.info.activation_bytes, liveBytes: engine.info.live_bytes, peakGflops: machine?.gflops,
      bandwidthGbPerS: machine?.gigabytesPerSecond,
      layers: layers ? StepReport.all(engine.steps, stepTimes.map(median), machine) : nil)
  }
}

private func milliseconds(_ nanoseconds: UInt64) -> Double { Double(nanoseconds) / 1e6 }

private func median(_ values: [Double]) -> Double {
  let sorted = values.sorted()
  return (sorted[(sorted.count - 1) / 2] + sorted[sorted.count / 2]) / 2
}
