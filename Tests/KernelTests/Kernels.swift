import KernelContract

/// A table, constant once filled.
struct Kernels: CustomStringConvertible, @unchecked Sendable {
  let table: pf_kernels
  var description: String { String(cString: table.isa) }

  private init(_ set: pf_kernel_set) {
    table = withUnsafeTemporaryAllocation(of: pf_kernels.self, capacity: 1) {
      set.fill($0.baseAddress!)
      return $0[0]
    }
  }

  static let reference = Kernels(sets[sets.count - 1])

  /// Those that this processor can run, the reference aside.
  static let underTest = sets.dropLast().filter { $0.is_supported != 0 }.map { Kernels($0) }

  private static let sets = (0..<PF_KERNEL_SET_COUNT).map { pf_kernel_set_at(Int32($0)) }
}
