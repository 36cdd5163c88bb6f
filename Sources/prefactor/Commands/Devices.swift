import ArgumentParser
import CPrefactor
import Foundation
import PrefactorCompiler
import PrefactorEngine

struct Devices: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Lists what can run networks here: CPU instruction sets, OpenCL platforms and devices.")

  /// Asks the library itself, by running a network of one step.
  func run() throws {
    let chosen = try engine(isa: nil).get().isa
    print("CPU instruction sets:")
    for isa in ["scalar", "baseline", "avx2", "avx512", "neon"] {
      let state =
        switch engine(isa: isa) {
        case .success: isa == chosen ? "available, chosen" : "available"
        case .failure: "not available"
        }
      print("  \(isa): \(state)")
    }
    print("OpenCL devices:")
    do {
      let devices = try OpenCLDevice.all()
      if devices.isEmpty { print("  none") }
      for (index, device) in devices.enumerated() {
        let more =
          (device.sharesMemory ? ", shared with the CPU" : "") + (device.multipliesHalves ? ", fp16 arithmetic" : "")
        print(
          """
            \(index): \(device.name) (\(device.kind), \(device.computeUnits) compute units, \(device.memory) of \
          memory\(more))
          """
        )
        print("     \(device.platform), \(device.version), driver \(device.driver)")
      }
    } catch let error as EngineError {
      print("  \(error)")
    }
  }

  private func engine(isa: String?) -> Result<Engine, EngineError> {
    let variable = "PREFACTOR_ISA"
    let previous = ProcessInfo.processInfo.environment[variable]
    if let isa { setenv(variable, isa, 1) }
    defer { if let previous { setenv(variable, previous, 1) } else { unsetenv(variable) } }
    return Result { try Engine(graph: .probe) }.mapError { $0 as! EngineError }
  }
}
