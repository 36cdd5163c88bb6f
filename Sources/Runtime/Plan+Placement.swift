import CPrefactor
import PrefactorModelFormat

/// Where in the arena each storage lies. Finding the smallest arena is NP-hard; several greedy orders are tried, and the best is kept.
extension Plan {
  private enum Order: Int {
    case size = 0
    /// First what is needed when most is, so that this fits without a gap.
    case pressure
    /// Size by how long it is needed.
    case area
  }

  /// A try takes time that grows with the square of the number of storages.
  private static let mostStoragesForTries = 2048

  mutating func place() throws(Failure) {
    measureLive()
    let count = collect()
    var best = Order.size, fewest = Int.max
    var next: Order? = .size
    while let order = next {
      let bytes = place(count, order)
      if bytes < fewest { (best, fewest) = (order, bytes) }
      if fewest <= roundUp(liveBytes) || count > Plan.mostStoragesForTries { break }
      next = Order(rawValue: order.rawValue + 1)
    }
    arenaBytes = place(count, best)
    guard arenaBytes <= Int.max / 2 else { throw Failure(PF_ERROR_OUT_OF_MEMORY, "the values needed at once do not fit the address space") }
  }

  /// Storages that need a place.
  private func collect() -> Int {
    var count = 0
    for value in 0..<valueCount where Int(places[value].root) == value && !storages[value].isConstant && shapes[value] != nil {
      order[count] = Int32(value)
      count += 1
    }
    return count
  }

  /// Each at the lowest offset where nothing that is needed at the same time is in the way. Returns the size of the arena.
  private func place(_ count: Int, _ order: Order) -> Int {
    sort(count, order)
    var bytes = 0
    for placed in 0..<count {
      let index = self.order[placed]
      let offset = lowestOffset(storages[Int(index)], among: placed)
      storages[Int(index)].offset = offset
      bytes = max(bytes, offset + roundUp(storages[Int(index)].bytes))
      // Keeps the sums of sizes inside an Int of 32 bits.
      if bytes > Int.max / 2 { return bytes }
      var position = placed
      while position > 0, storages[Int(byOffset[position - 1])].offset > offset {
        byOffset[position] = byOffset[position - 1]
        position -= 1
      }
      byOffset[position] = index
    }
    return bytes
  }

  private func lowestOffset(_ storage: Storage, among placed: Int) -> Int {
    var offset = 0
    for position in 0..<placed {
      let other = storages + Int(byOffset[position])
      guard other.pointee.reservedFrom <= storage.reservedTo, storage.reservedFrom <= other.pointee.reservedTo else { continue }
      if other.pointee.offset >= offset + roundUp(storage.bytes) { break }
      offset = max(offset, other.pointee.offset + roundUp(other.pointee.bytes))
    }
    return offset
  }

  private func sort(_ count: Int, _ order: Order) {
    if order == .pressure { sumReserved(count) }
    for index in 0..<count {
      let value = Int(self.order[index])
      storages[value].priority = priority(storages[value], order)
    }
    for index in 0..<count {
      let value = self.order[index]
      var position = index
      while position > 0, precedes(storages[Int(value)], storages[Int(self.order[position - 1])]) {
        self.order[position] = self.order[position - 1]
        position -= 1
      }
      self.order[position] = value
    }
  }

  private func precedes(_ left: Storage, _ right: Storage) -> Bool {
    (left.priority, left.bytes, right.firstStep) > (right.priority, right.bytes, left.firstStep)
  }

  private func priority(_ storage: Storage, _ order: Order) -> Int {
    switch order {
    case .size: return storage.bytes
    case .area: return Int(clamping: Int64(storage.bytes / 64) * Int64(storage.reservedTo - storage.reservedFrom + 1))
    case .pressure:
      var most: Int64 = 0
      for step in storage.reservedFrom...storage.reservedTo { most = max(most, bytesAt[step + 1]) }
      return Int(clamping: most)
    }
  }

  // MARK: Sums over steps

  /// Bytes that are reserved at each step.
  private func sumReserved(_ count: Int) {
    clearSums()
    for index in 0..<count {
      let storage = storages[Int(order[index])]
      add(storage.bytes, from: storage.reservedFrom, to: storage.reservedTo)
    }
    _ = sum()
  }

  /// The most bytes that are needed at one step. What parts of a storage hold counts from the step that computes them.
  private mutating func measureLive() {
    clearSums()
    for value in 0..<valueCount where places[value].storage == Int32(value) && !storages[value].isConstant && shapes[value] != nil {
      if storages[value].parent < 0 { add(storages[value].bytes, from: storages[value].firstStep, to: storages[value].lastStep) }
    }
    // A storage's parent is computed later than it is.
    for index in (0..<stepCount).reversed() {
      let value = steps[index].output
      guard storages[value].parent >= 0 else { continue }
      let parent = storages[storages[value].parent]
      // A strip chain needs its output from its first step on.
      add(storages[value].bytes, from: min(index, storages[value].firstStep), to: parent.firstStep - 1)
      add(storages[value].bytes, from: parent.lastStep + 1, to: storages[value].lastStep)
      storages[value].lastStep = max(storages[value].lastStep, parent.lastStep)
    }
    liveBytes = Int(clamping: min(sum(), Int64(Int.max / 2)))
  }

  private func clearSums() { bytesAt.initialize(repeating: 0, count: stepCount + 3) }

  private func add(_ bytes: Int, from first: Int, to last: Int) {
    guard first <= last else { return }
    bytesAt[first + 1] += Int64(bytes)
    bytesAt[last + 2] -= Int64(bytes)
  }

  /// Turns differences into sums, and returns the largest.
  private func sum() -> Int64 {
    var most: Int64 = 0
    for step in 1..<(stepCount + 3) {
      bytesAt[step] += bytesAt[step - 1]
      most = max(most, bytesAt[step])
    }
    return max(most, bytesAt[0])
  }
}
