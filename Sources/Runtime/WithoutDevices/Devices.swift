import CPrefactor
import PrefactorModelFormat

// What stands in the place of the folder Device in a library that is built without OpenCL: CMake's option
// PREFACTOR_OPENCL.

public enum Devices {
  public static var areBuilt: Bool { false }

  public static func count() throws(Failure) -> Int {
    throw Failure(PF_ERROR_BACKEND, "this library was built without OpenCL")
  }

  public static func describe(_ index: Int) throws(Failure) -> pf_device_info? {
    throw Failure(PF_ERROR_BACKEND, "this library was built without OpenCL")
  }
}

public struct DeviceOptions {
  public var name: UnsafePointer<CChar>?
  public var cache: UnsafePointer<CChar>?
  public var isTuning = false
  public var hasHalfActivations = false
  public init() {}
}

/// Of which there are none.
struct DeviceModels {
  mutating func initialize() throws(Failure) {}
  mutating func deinitialize() {}
}

/// Of which none is ever made.
struct DeviceSession {
  let activationBytes = 0
  let hasHalfActivations = false

  static func create(
    _ plan: Plan, _ model: UnsafeMutablePointer<Model>, _ options: SessionOptions, _ host: KernelSet,
    _ allocator: Allocator
  ) throws(Failure) -> (UnsafeMutablePointer<DeviceSession>, bytes: Int) {
    throw Failure(PF_ERROR_UNSUPPORTED, "this library was built without OpenCL")
  }

  static func destroy(_ session: UnsafeMutablePointer<DeviceSession>) {}

  func run(
    _ state: RunState, inputs: UnsafePointer<UnsafeRawPointer?>?, outputs: UnsafePointer<UnsafeMutableRawPointer?>?,
    isProfiling: Bool,
    isCancelled: () -> Bool,
    runOnHost: (Step) -> Void
  ) throws(Failure) {}

  func ownBuffer(_ end: Int) -> UnsafeMutableRawPointer? { nil }
  func isOnHost(_ index: Int) -> Bool { false }
  func bytesSaved(by step: Step) -> Int64 { 0 }
}
