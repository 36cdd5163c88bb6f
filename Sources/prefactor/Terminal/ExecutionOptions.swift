import ArgumentParser
import CPrefactor
import PrefactorEngine

enum Backend: String, ExpressibleByArgument, CaseIterable, Encodable {
  case cpu, opencl

  var code: pf_backend { self == .cpu ? PF_BACKEND_CPU : PF_BACKEND_OPENCL }
}

struct ExecutionOptions: ParsableArguments {
  @Option(parsing: .unconditional, help: "The number of threads; 0 means one for each processor.") var threads = 0

  @Option(help: "Where the network runs.") var backend = Backend.cpu

  @Option(
    help: ArgumentHelp(
      "With --backend opencl: the number of a device, or part of its name, as `prefactor devices` lists them.",
      valueName: "device"))
  var device: String?

  enum Precision: String, ExpressibleByArgument, CaseIterable, Encodable {
    case fp32, fp16
  }

  @Option(
    help: ArgumentHelp(
      """
      With --backend opencl: the number format of activations on the device. fp16 halves their memory and changes \
      outputs in the third digit; GPUs with half-precision arithmetic use it.
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
