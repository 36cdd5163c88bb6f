import CShims
import KernelContract

/// A table, constant once filled.
struct Kernels: CustomStringConvertible, @unchecked Sendable {
  let table: pf_kernels
  var description: String { String(cString: table.isa) }

  init(_ fill: (UnsafeMutablePointer<pf_kernels>) -> Void) {
    table = withUnsafeTemporaryAllocation(of: pf_kernels.self, capacity: 1) {
      fill($0.baseAddress!)
      return $0[0]
    }
  }

  static let reference = Kernels { pf_kernels_scalar($0) }

  /// Those that this processor can run, the reference aside.
  static let underTest: [Kernels] = {
    #if arch(x86_64)
    var all = [Kernels { pf_kernels_baseline($0) }]
    if shim_has_avx2() != 0 { all.append(Kernels { pf_kernels_avx2($0) }) }
    if shim_has_avx512() != 0 { all.append(Kernels { pf_kernels_avx512($0) }) }
    return all
    #else
    return [Kernels { pf_kernels_neon($0) }]
    #endif
  }()
}
