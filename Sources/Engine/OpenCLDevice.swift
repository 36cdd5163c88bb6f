import CPrefactor
import PrefactorCABI

/// An OpenCL device, as the C library describes it.
public struct OpenCLDevice {
  public let name: String, platform: String, version: String, driver: String
  /// "GPU" or "CPU".
  public let kind: String
  public let computeUnits: Int
  public let sharesMemory: Bool
  /// Whether it has arithmetic of half precision.
  public let multipliesHalves: Bool
  public let memoryBytes: Int

  /// All of them, in the order of their numbers.
  public static func all() throws -> [OpenCLDevice] {
    var error = pf_error()
    var count = 0
    try check(pf_device_count(PF_BACKEND_OPENCL, &count, &error), error)
    return try (0..<count).map { index in
      var info = pf_device_info.sized
      try check(pf_device_get_info(PF_BACKEND_OPENCL, index, &info, &error), error)
      return OpenCLDevice(info)
    }
  }

  private static func check(_ status: pf_status, _ error: pf_error) throws {
    if status != PF_OK { throw EngineError(status: status, description: text(error.message)) }
  }

  private init(_ info: pf_device_info) {
    (name, platform, version, driver) = (text(info.name), text(info.platform), text(info.version), text(info.driver))
    multipliesHalves = info.half_arithmetic != 0
    kind = info.is_gpu != 0 ? "GPU" : "CPU"
    computeUnits = Int(info.compute_units)
    sharesMemory = info.shares_memory != 0
    memoryBytes = Int(clamping: info.memory_bytes)
  }

  public var memory: String { "\(memoryBytes >> 20) MiB" }
}

private func text<Characters>(_ characters: Characters) -> String {
  withUnsafeBytes(of: characters) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
}
