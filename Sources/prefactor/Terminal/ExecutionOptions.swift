import ArgumentParser
import CPrefactor
import PrefactorEngine

enum Backend: String, ExpressibleByArgument, CaseIterable, Encodable {
  case cpu, opencl

  var code: pf_backend { self == .cpu ? PF_BACKEND_CPU : PF_BACKEND_OPENCL }
}

struct ExecutionOptions: ParsableArguments {
  @Option(parsing: .unconditional, help: "Threads to run on; 0 is one for each processor.") var threads = 0

  @Option(help: "What runs the network.") var backend = Backend.cpu

  @Option(
    help: ArgumentHelp(
      "With --backend opencl: the number of a device, or a part of its name, as `prefactor devices` lists them.",
      valueName: "device"))
  var device: String?

  enum Precision: String, ExpressibleByArgument, CaseIterable, Encodable {
    case fp32, fp16
  }

  @Option(
    help: ArgumentHelp(
      """
      With --backend opencl: what activations are in the device's memory; with fp16 they take half of it, outputs \
      change in the third digit, and GPUs that can multiply such numbers do.
      """,
      valueName: "fp32|fp16"))
  var precision = Precision.fp32

  func validate() throws {
    guard device == nil || backend == .opencl else { throw ValidationError("--device is for --backend opencl") }
    guard precision == .fp32 || backend == .opencl else {
      throw ValidationError("--precision fp16 is for --backend opencl")
    }
    guard (0...64).contains(threads) else { throw ValidationError("--threads must be from 0 to 64") }
  }

  var engineOptions: EngineOptions {
    var options = EngineOptions()
    options.threads = threads
    options.backend = backend.code
    options.device = device
    options.halfPrecision = precision == .fp16
    return options
  }
}
