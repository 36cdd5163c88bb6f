import CShims
import PrefactorModelFormat

/// A kind of processor, as compilers name it, and what a core of its time does a cycle: estimates of algorithms' times
/// rest on that.
public struct Target {
  public let name: StaticString
  /// Floats of a vector register.
  package let lanes: Int
  let multiplyAddsPerCycle: Double
  /// Read from memory.
  let bytesPerCycle: Double
  /// Of the largest cache, as far as one program may count on it.
  let cacheBytes: Int

  func cycles(multiplyAdds: Int64, bytes: Int64) -> Double {
    max(Double(multiplyAdds) / multiplyAddsPerCycle, Double(bytes) / bytesPerCycle)
  }

  public static let x86_64_v4 = Target(
    name: "x86-64-v4", lanes: 16, multiplyAddsPerCycle: 32, bytesPerCycle: 8, cacheBytes: 16 << 20)
  public static let x86_64_v3 = Target(
    name: "x86-64-v3", lanes: 8, multiplyAddsPerCycle: 16, bytesPerCycle: 8, cacheBytes: 16 << 20)
  public static let x86_64 = Target(
    name: "x86-64", lanes: 4, multiplyAddsPerCycle: 6, bytesPerCycle: 8, cacheBytes: 8 << 20)
  public static let aarch64 = Target(
    name: "aarch64", lanes: 4, multiplyAddsPerCycle: 8, bytesPerCycle: 4, cacheBytes: 2 << 20)
  public static let armv7 = Target(
    name: "armv7", lanes: 4, multiplyAddsPerCycle: 4, bytesPerCycle: 2, cacheBytes: 1 << 20)
  /// What runs the scalar reference.
  public static let generic = Target(
    name: "generic", lanes: 1, multiplyAddsPerCycle: 0.25, bytesPerCycle: 4, cacheBytes: 2 << 20)

  public static var all: [6 of Target] { [x86_64_v4, x86_64_v3, x86_64, aarch64, armv7, generic] }

  public static func named(_ name: UnsafePointer<CChar>) -> Target? {
    let targets = all
    for index in targets.indices where strcmp(targets[index].name.cString, name) == 0 { return targets[index] }
    return nil
  }
}
