import CPrefactor
import PrefactorModelFormat

/// A storage that has its place, with the steps that it is needed at: all that a search for the next one's place looks
/// at, side by side.
struct PlacedStorage {
  let offset: Int, end: Int
  let reservedFrom: Int32, reservedTo: Int32
}

/// Where in the arena each storage lies. Finding the smallest arena is NP-hard; several greedy orders are tried, and
/// the best is kept.
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
    var best = Order.size
    var last = Order.size
    var fewest = Int.max
    var next: Order? = .size
    while let order = next {
      let bytes = place(count, order)
      last = order
      if bytes < fewest { (best, fewest) = (order, bytes) }
      if fewest <= roundUp(liveBytes) || count > Plan.mostStoragesForTries { break }
      next = Order(rawValue: order.rawValue + 1)
    }
    arenaBytes = last == best ? fewest : place(count, best)
    guard arenaBytes <= Int.max / 2 else {
      throw Failure(PF_ERROR_OUT_OF_MEMORY, "the values needed at once do not fit the address space")
    }
  }

  /// Storages that need a place.
  private func collect() -> Int {
    var count = 0
    for value in 0..<valueCount
    where Int(places[value].root) == value && !storages[value].isConstant && shapes[value] != nil {
      order[count] = Int32(value)
      count += 1
    }
    return count
  }

  /// Each at the lowest offset where nothing that is needed at the same time is in the way. Returns the size of the
  /// arena.
  private func place(_ count: Int, _ order: Order) -> Int {
    sort(count, order)
    var bytes = 0
    for index in 0..<count {
      let storage = storages + Int(self.order[index])
      let offset = lowestOffset(storage.pointee, among: index)
      storage.pointee.offset = offset
      let end = offset + roundUp(storage.pointee.bytes)
      bytes = max(bytes, end)
      // Keeps the sums of sizes inside an Int of 32 bits.
      if bytes > Int.max / 2 { return bytes }
      var position = index
      while position > 0, placed[position - 1].offset > offset {
        placed[position] = placed[position - 1]
        position -= 1
      }
      placed[position] = PlacedStorage(
        offset: offset, end: end, reservedFrom: Int32(storage.pointee.reservedFrom),
        reservedTo: Int32(storage.pointee.reservedTo))
    }
    return bytes
  }

  private func lowestOffset(_ storage: Storage, among count: Int) -> Int {
    let bytes = roundUp(storage.bytes)
    let from = Int32(storage.reservedFrom)
    let to = Int32(storage.reservedTo)
    var offset = 0
    for position in 0..<count {
      let other = placed[position]
      guard other.reservedFrom <= to, from <= other.reservedTo else { continue }
      if other.offset >= offset + bytes { break }
      offset = max(offset, other.end)
    }
    return offset
  }

  /// A heap sort, which needs no memory and never takes more than n log n steps.
  private func sort(_ count: Int, _ order: Order) {
    if order == .pressure { sumReserved(count) }
    for index in 0..<count {
      let value = Int(self.order[index])
      storages[value].priority = priority(storages[value], order)
    }
    for root in (0..<count / 2).reversed() { siftDown(root, count) }
    for end in (1..<max(count, 1)).reversed() {
      (self.order[0], self.order[end]) = (self.order[end], self.order[0])
      siftDown(0, end)
    }
  }

  /// Makes a heap of the first `count`, each behind those below it, of one in which only `root` may be wrong.
  private func siftDown(_ root: Int, _ count: Int) {
    let value = order[root]
    var hole = root
    while 2 * hole + 1 < count {
      var child = 2 * hole + 1
      if child + 1 < count, precedes(order[child], order[child + 1]) { child += 1 }
      guard precedes(value, order[child]) else { break }
      order[hole] = order[child]
      hole = child
    }
    order[hole] = value
  }

  /// Equal ones go by their number, so that there is one order, however it is found.
  private func precedes(_ left: Int32, _ right: Int32) -> Bool {
    let first = storages + Int(left)
    let second = storages + Int(right)
    if first.pointee.priority != second.pointee.priority { return first.pointee.priority > second.pointee.priority }
    if first.pointee.bytes != second.pointee.bytes { return first.pointee.bytes > second.pointee.bytes }
    if first.pointee.firstStep != second.pointee.firstStep { return first.pointee.firstStep < second.pointee.firstStep }
    return left < right
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
    for value in 0..<valueCount
    where places[value].storage == Int32(value) && !storages[value].isConstant && shapes[value] != nil {
      if storages[value].parent < 0 {
        add(storages[value].bytes, from: storages[value].firstStep, to: storages[value].lastStep)
      }
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
