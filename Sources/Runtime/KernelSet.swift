import CPrefactor
import CShims
import KernelContract
import PrefactorModelFormat

/// The kernels of one instruction set.
public struct KernelSet {
  public let name: StaticString
  /// Whether this CPU can run them.
  private let isSupported: Bool
  /// Whether they are there, too.
  public var isAvailable: Bool { isSupported && isBuilt }
  /// A build may leave some out; their table is empty.
  private var isBuilt: Bool { kernels.isa != nil }
  public let target: Target
  private let fill: @convention(c) (UnsafeMutablePointer<pf_kernels>?) -> Void

  private init(
    _ name: StaticString, _ target: Target, _ isSupported: Bool,
    _ fill: @convention(c) (UnsafeMutablePointer<pf_kernels>?) -> Void
  ) {
    self.name = name
    self.target = target
    self.isSupported = isSupported
    self.fill = fill
  }

  /// Those of the processor, best first.
  #if arch(x86_64)
  public static var all: [4 of KernelSet] {
    let targets = Target.all
    return [
      KernelSet("avx512", targets[0], shim_has_avx512() != 0, pf_kernels_avx512),
      KernelSet("avx2", targets[1], shim_has_avx2() != 0, pf_kernels_avx2),
      KernelSet("baseline", targets[2], true, pf_kernels_baseline),
      KernelSet("scalar", targets[5], true, pf_kernels_scalar),
    ]
  }
  #elseif arch(arm64) || arch(arm)
  public static var all: [2 of KernelSet] {
    let targets = Target.all
    return [
      KernelSet("neon", MemoryLayout<Int>.size == 8 ? targets[3] : targets[4], true, pf_kernels_neon),
      KernelSet("scalar", targets[5], true, pf_kernels_scalar),
    ]
  }
  #endif

  public var kernels: pf_kernels {
    var table = pf_kernels()
    fill(&table)
    return table
  }

  /// The set that the environment's `PREFACTOR_ISA` names, or else the best that this CPU can run.
  public static func choose() throws(Failure) -> KernelSet {
    let sets = all
    let variable: StaticString = "PREFACTOR_ISA"
    guard let wanted = getenv(variable.cString) else {
      for index in sets.indices where sets[index].isAvailable { return sets[index] }
      return sets[sets.count - 1]
    }
    for index in sets.indices where strcmp(sets[index].name.cString, wanted) == 0 {
      if !sets[index].isBuilt { break }
      guard sets[index].isSupported else {
        throw Failure(PF_ERROR_UNSUPPORTED, "this CPU lacks the instruction set that PREFACTOR_ISA names")
      }
      return sets[index]
    }
    throw Failure(PF_ERROR_UNSUPPORTED, "PREFACTOR_ISA names a kernel set that this build does not have")
  }
}
