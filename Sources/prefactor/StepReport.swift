import PrefactorEngine

/// Where the time of one step goes: its operations and bytes a second, and what shares of the machine's best those are,
/// where that is known: a device's own is not.
struct StepReport: Encodable {
  var name: String, operation: String, kernel: String
  var medianMs: Double, shareOfTime: Double
  /// Nil where a step has no multiply-adds, or nothing to do.
  var gflops: Double?, shareOfPeak: Double?
  var gbPerS: Double?, shareOfBandwidth: Double?

  static func all(_ steps: [Engine.StepInfo], _ times: [Double], _ machine: Machine?) -> [StepReport] {
    let total = times.reduce(0, +)
    return zip(steps, times).map { step, time in
      let gflops = !step.multiplies || time == 0 ? nil : 2e-6 * Double(step.macs) / time
      let gbPerS = step.bytes == 0 || time == 0 ? nil : 1e-6 * Double(step.bytes) / time
      return StepReport(
        name: step.name, operation: step.operation, kernel: step.kernel, medianMs: time,
        shareOfTime: total == 0 ? 0 : time / total,
        gflops: gflops, shareOfPeak: machine.flatMap { machine in gflops.map { $0 / machine.gflops } }, gbPerS: gbPerS,
        shareOfBandwidth: machine.flatMap { machine in gbPerS.map { $0 / machine.gigabytesPerSecond } })
    }
  }
}

extension Engine.StepInfo {
  /// Whether its work is multiply-adds and nothing else.
  fileprivate var multiplies: Bool {
    macs > 0 && ["convolution", "fully-connected", "matrix-product"].contains(operation)
  }
}

extension Table {
  init(_ steps: [StepReport]) {
    self.init(
      text: ["step", "operation", "kernel"], numbers: ["ms", "of time", "GFLOP/s", "of peak", "GB/s", "of bandwidth"])
    for step in steps {
      add(
        step.name, step.operation, step.kernel, step.medianMs.formatted(3), percent(step.shareOfTime),
        step.gflops?.formatted(1) ?? "",
        step.shareOfPeak.map(percent) ?? "", step.gbPerS?.formatted(1) ?? "", step.shareOfBandwidth.map(percent) ?? "")
    }
  }
}

private func percent(_ share: Double) -> String { "\((100 * share).formatted(1)) %" }
