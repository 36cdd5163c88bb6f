import PrefactorModelFormat
import PrefactorRuntime

/// Where in a device's memory the host has the storages of values, while that memory is its own.
struct HostPlaces {
  /// Of each storage, the byte that it begins at; negative where it has no place of its own.
  private let offsets: UnsafeMutablePointer<Int>
  /// While the storages of a step are listed, each once.
  private let isListed: UnsafeMutablePointer<Bool>

  /// Nil, and not to be used, where `bump` only counts.
  init?(_ plan: Plan, _ bump: inout BumpAllocator) {
    let offsets = bump.take(plan.valueCount, of: Int.self)
    let isListed = bump.take(plan.valueCount, of: Bool.self)
    guard let offsets, let isListed else { return nil }
    (self.offsets, self.isListed) = (offsets, isListed)
  }

  func initialize(_ plan: Plan) {
    offsets.initialize(repeating: -1, count: plan.valueCount)
    isListed.initialize(repeating: false, count: plan.valueCount)
  }

  /// Nil where the storage has no place of its own.
  subscript(storage: Int) -> Int? {
    get { offsets[storage] < 0 ? nil : offsets[storage] }
    nonmutating set { offsets[storage] = newValue ?? -1 }
  }

  /// The storages that a step reads, and then that which it writes, each once.
  func forEachRoot(of step: Step, _ plan: Plan, _ body: (Int) -> Void) {
    let output = Int(plan.places[step.output].root)
    func root(_ position: Int) -> Int? {
      plan.input(step, position).map { Int(plan.places[$0].root) }.flatMap {
        plan.storages[$0].isConstant || $0 == output ? nil : $0
      }
    }
    for position in 0..<step.inputCount {
      if let found = root(position) { isListed[found] = false }
    }
    for position in 0..<step.inputCount {
      guard let found = root(position), !isListed[found] else { continue }
      isListed[found] = true
      body(found)
    }
    body(output)
  }

  /// The same with the byte where the host has each: in a place of its own, or among those that are shared with other
  /// steps, one after the other.
  func forEach(of step: Step, _ plan: Plan, firstShared: Int, _ body: (_ root: Int, _ offset: Int) -> Void) {
    var next = firstShared
    forEachRoot(of: step, plan) { root in
      if let offset = self[root] { return body(root, offset) }
      body(root, next)
      next += roundUp(plan.storages[root].bytes)
    }
  }
}
