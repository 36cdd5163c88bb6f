import CShims
import PrefactorModelFormat

/// A variable of the process's environment; nil where it is unset or empty.
package func environment(_ variable: StaticString) -> UnsafeMutablePointer<CChar>? {
  guard let value = getenv(variable.cString), value.pointee != 0 else { return nil }
  return value
}
