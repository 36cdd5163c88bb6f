import CPrefactor
import CShims
import PrefactorModelFormat

/// What backends keep for all sessions of a model, behind a lock: a pointer for each backend. Their numbers are below
/// 16.
package struct SharedParts {
  package var monitor = shim_monitor()
  private var parts = InlineArray<16, UnsafeMutableRawPointer?>(repeating: nil)

  mutating func initialize() throws(Failure) {
    guard shim_monitor_init(&monitor) == 0 else { throw Failure(PF_ERROR_THREAD, "a lock cannot be made") }
  }

  mutating func deinitialize() { shim_monitor_destroy(&monitor) }

  /// Nil while the backend keeps nothing.
  package subscript(backend: pf_backend) -> UnsafeMutableRawPointer? {
    get { parts[Int(backend.rawValue)] }
    set { parts[Int(backend.rawValue)] = newValue }
  }
}
