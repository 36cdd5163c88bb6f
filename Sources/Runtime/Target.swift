/// A kind of processor, as compilers name it, and what a core of its time does a cycle: estimates of algorithms' times
/// rest on that.
public struct Target {
  public let name: StaticString
  /// Floats of a vector register.
  let lanes: Int
  let multiplyAddsPerCycle: Double
  /// Read from memory.
  let bytesPerCycle: Double
  /// Of the largest cache, as far as one program may count on it.
  let cacheBytes: Int

  func cycles(multiplyAdds: Int64, bytes: Int64) -> Double {
    max(Double(multiplyAdds) / multiplyAddsPerCycle, Double(bytes) / bytesPerCycle)
  }

  public static var all: [6 of Target] {
    [
      Target(name: "x86-64-v4", lanes: 16, multiplyAddsPerCycle: 32, bytesPerCycle: 8, cacheBytes: 16 << 20),
      Target(name: "x86-64-v3", lanes: 8, multiplyAddsPerCycle: 16, bytesPerCycle: 8, cacheBytes: 16 << 20),
      Target(name: "x86-64", lanes: 4, multiplyAddsPerCycle: 6, bytesPerCycle: 8, cacheBytes: 8 << 20),
      Target(name: "aarch64", lanes: 4, multiplyAddsPerCycle: 8, bytesPerCycle: 4, cacheBytes: 2 << 20),
      Target(name: "armv7", lanes: 4, multiplyAddsPerCycle: 4, bytesPerCycle: 2, cacheBytes: 1 << 20),
      // What runs the scalar reference.
      Target(name: "generic", lanes: 1, multiplyAddsPerCycle: 0.25, bytesPerCycle: 4, cacheBytes: 2 << 20),
    ]
  }
}
