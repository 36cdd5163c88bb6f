import CPrefactor
import CShims
import KernelContract
import PrefactorModelFormat

/// The kernels of one instruction set.
public struct KernelSet {
  private let entry: pf_kernel_set

  /// How many there are for this kind of processor.
  public static var count: Int { PF_KERNEL_SET_COUNT }

  /// Number 0 is the best, the last one the scalar reference.
  public init(_ number: Int) { entry = pf_kernel_set_at(Int32(truncatingIfNeeded: number)) }

  public var kernels: pf_kernels {
    var table = pf_kernels()
    entry.fill(&table)
    return table
  }

  public var target: Target { Target.named(entry.target) ?? .generic }
  public var name: UnsafePointer<CChar> { entry.name }
  /// Whether this CPU can run them, and they are there: a build may leave some out.
  public var isAvailable: Bool { entry.is_supported != 0 && isBuilt }
  private var isBuilt: Bool { kernels.isa != nil }

  /// The simplest set with vectors, which every processor of this kind can run: what it computes is the same on all.
  /// The scalar reference, which comes after it, has no transforms.
  public static var common: KernelSet { KernelSet(count - 2) }

  /// The set that the environment's `PREFACTOR_ISA` names, or else the best that this CPU can run.
  public static func choose() throws(Failure) -> KernelSet {
    let wanted = environment("PREFACTOR_ISA")
    for number in 0..<count {
      let set = KernelSet(number)
      guard let wanted else {
        if set.isAvailable { return set }
        continue
      }
      if strcmp(set.name, wanted) != 0 || !set.isBuilt { continue }
      guard set.isAvailable else {
        throw Failure(PF_ERROR_UNSUPPORTED, "this CPU lacks the instruction set that PREFACTOR_ISA names")
      }
      return set
    }
    throw Failure(PF_ERROR_UNSUPPORTED, "PREFACTOR_ISA names a kernel set that this build does not have")
  }
}
