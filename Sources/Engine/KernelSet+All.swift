import PrefactorRuntime

extension KernelSet: CustomStringConvertible {
  /// Those of this kind of processor, best first; the scalar reference is the last.
  public static var all: [KernelSet] { (0..<count).map { KernelSet($0) } }

  /// As `PREFACTOR_ISA` names it.
  public var description: String { String(cString: name) }
}
