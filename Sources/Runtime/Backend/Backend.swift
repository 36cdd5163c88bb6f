import CPrefactor
import PrefactorModelFormat

/// What computes the steps of a plan: the processor, or devices that a driver has. A backend is a table of functions,
/// and ``cpu`` is one like all others. `CABI/Backend+Build.swift` lists those of a build. The functions are `thin`:
/// they have no context, whose uses a runtime without allocations could not count. Large arguments are given by their
/// addresses, since the compiler (6.3) crashes on `thin` functions that take them themselves.
///
/// Every session has a ``Host`` too, whatever its backend: it can compute any step whose values are in memory, and a
/// backend gives it those that it has nothing for.
public struct Backend {
  /// A backend's own part of a session, which nobody else looks into.
  package typealias Part = UnsafeMutableRawPointer
  /// With the bytes that it takes outside of the session's block.
  package typealias Made = (part: Part, bytesElsewhere: Int)
  /// A pointer for each, or nil where the session's own buffer is meant.
  public typealias Inputs = UnsafePointer<UnsafeRawPointer?>
  public typealias Outputs = UnsafePointer<UnsafeMutableRawPointer?>

  /// Of the C interface; below 16, for ``SharedParts``.
  package let number: pf_backend
  /// What programs read as the instruction set. Default: the name of the host's kernels.
  package var isa: StaticString?

  // MARK: Devices

  /// How many devices there are. Default: none, since the processor is no device.
  public var deviceCount: @convention(thin) () throws(Failure) -> Int = { 0 }
  /// Describes a device by its number, and says whether there is one. Default: there is none.
  public var describeDevice: @convention(thin) (Int, UnsafeMutablePointer<pf_device_info>) throws(Failure) -> Bool =
    { _, _ in false }

  // MARK: Planning

  /// Whether a plan is made for the host's kernels, as the processor's is. Such a plan chooses algorithms for them,
  /// computes chains of convolutions in strips and a batch image by image, and lets values lie where inputs were that
  /// nobody needs any more. Default: false, and so it is for a backend of another module.
  var plansForHost = false
  /// Bytes of the session's block that the backend's part takes, of a plan that is run for so many images. Default:
  /// none. Where there is any need for more, ``create`` allocates it.
  package var memory: @convention(thin) (_ plan: UnsafePointer<Plan>, _ images: Int) -> Int64 = { _, _ in 0 }
  /// Whether the part takes memory elsewhere too: then it cannot work in a block of the caller's. Default: false.
  package var takesMemoryElsewhere = false
  /// Bytes of that memory, as far as the plan tells. Default: none.
  package var memoryElsewhere: @convention(thin) (UnsafePointer<Plan>) -> Int = { _ in 0 }

  // MARK: Sessions

  /// Makes the backend's part of a session, and does all that need not be done at every run.
  package let create: @convention(thin) (UnsafePointer<BackendRequest>) throws(Failure) -> Made
  /// Computes all steps that are `isComputed`. Inputs or outputs that are nil are all the session's own. It looks at
  /// `Host.isCancelled` between steps and, if the session is profiled, sets each step's `Progress.nanoseconds`. Where
  /// the host computes a step, the bases of the storages that it reads and writes have to be in `Host.state`, and its
  /// threads awake: `beginRun` before, and `endRun` after.
  package let run: @convention(thin) (Part, Inputs?, Outputs?) throws(Failure) -> Void
  /// The session's own buffer of an input or output, in the host's memory between runs; nil where a device that should
  /// have it has failed.
  package let buffer: @convention(thin) (Part, SectionKind, _ index: Int) -> UnsafeMutableRawPointer?
  /// Computes from now on with a constant, given by its number in the file, whose contents have changed. Default: nil,
  /// since a device has copies of constants.
  package var renew: (@convention(thin) (Part, _ constant: Int) -> Void)?
  /// Releases what ``create`` has allocated. Default: nothing.
  package var destroy: @convention(thin) (Part) -> Void = { _ in }

  // MARK: Questions

  /// Bytes that values take, and that are needed at once.
  package let valueBytes: @convention(thin) (Part) -> (total: Int, live: Int)
  /// What computes a step, where that is not what the plan says, and how many bytes less than in the plan are moved.
  /// Default: it is as in the plan.
  package var step: @convention(thin) (Part, Int) -> (kernel: StaticString?, bytesSaved: Int64) = { _, _ in (nil, 0) }

  package init(
    _ number: pf_backend,
    create: @convention(thin) (UnsafePointer<BackendRequest>) throws(Failure) -> Made,
    run: @convention(thin) (Part, Inputs?, Outputs?) throws(Failure) -> Void,
    buffer: @convention(thin) (Part, SectionKind, _ index: Int) -> UnsafeMutableRawPointer?,
    valueBytes: @convention(thin) (Part) -> (total: Int, live: Int)
  ) {
    (self.number, self.create, self.run, self.buffer, self.valueBytes) = (number, create, run, buffer, valueBytes)
  }
}

/// What a backend makes its part of a session of.
package struct BackendRequest {
  package let model: UnsafeMutablePointer<Model>
  package let options: SessionOptions
  package let host: UnsafePointer<Host>
  /// The plan is run for so many images.
  package let images: Int
  /// As many bytes as ``Backend/memory`` has said.
  package let block: UnsafeMutableRawPointer
  package let allocator: Allocator
}

/// Which of a backend's devices, and how it is used.
public struct DeviceOptions {
  /// Its number, or a part of its name; nil where the first will do.
  public var name: UnsafePointer<CChar>?
  /// The folder that keeps what was compiled and measured for it; nil where the user's is meant.
  public var cache: UnsafePointer<CChar>?
  /// Whether activations are half-precision numbers on the device.
  public var hasHalfActivations = false
  /// Whether the fastest way is measured for all products of the session.
  public var isTuning = false
  public init() {}
}
