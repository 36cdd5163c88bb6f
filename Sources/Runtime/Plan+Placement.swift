import CPrefactor
import PrefactorModelFormat

/// A storage that has its place, with the steps that it is needed at: all that a search for the next one's place looks
/// at, side by side.
struct PlacedStorage {
  let offset: Int, end: Int
  let reservedFrom: Int32, reservedTo: Int32
}

/// What finding places takes.
struct Placement {
  /// Storages in the order in which they are placed.
  let order: UnsafeMutablePointer<Int32>
  /// Storages that have their place, lowest first.
  let placed: UnsafeMutablePointer<PlacedStorage>
  /// Sums over storages at the steps from -1 to the last but one, which an Int of 32 bits may not hold.
  let bytesAt: UnsafeMutablePointer<Int64>

  init?(_ values: Int, steps: Int, _ bump: inout BumpAllocator) {
    let order = bump.take(values, of: Int32.self)
    let placed = bump.take(values, of: PlacedStorage.self)
    let bytesAt = bump.take(steps + 3, of: Int64.self)
    guard let order, let placed, let bytesAt else { return nil }
    (self.order, self.placed, self.bytesAt) = (order, placed, bytesAt)
  }
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
      placement.order[count] = Int32(value)
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
      let storage = storages + Int(placement.order[index])
      let offset = lowestOffset(storage.pointee, among: index)
      storage.pointee.offset = offset
      let end = offset + roundUp(storage.pointee.bytes)
      bytes = max(bytes, end)
      // Keeps the sums of sizes inside an Int of 32 bits.
      if bytes > Int.max / 2 { return bytes }
      var position = index
      while position > 0, placement.placed[position - 1].offset > offset {
        placement.placed[position] = placement.placed[position - 1]
        position -= 1
      }
      placement.placed[position] = PlacedStorage(
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
      let other = placement.placed[position]
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
      let value = Int(placement.order[index])
      storages[value].priority = priority(storages[value], order)
    }
    for root in (0..<count / 2).reversed() { siftDown(root, count) }
    for end in (1..<max(count, 1)).reversed() {
      (placement.order[0], placement.order[end]) = (placement.order[end], placement.order[0])
      siftDown(0, end)
    }
  }

  /// Makes a heap of the first `count`, each behind those below it, of one in which only `root` may be wrong.
  private func siftDown(_ root: Int, _ count: Int) {
    let value = placement.order[root]
    var hole = root
    while 2 * hole + 1 < count {
      var child = 2 * hole + 1
      if child + 1 < count, precedes(placement.order[child], placement.order[child + 1]) { child += 1 }
      guard precedes(value, placement.order[child]) else { break }
      placement.order[hole] = placement.order[child]
      hole = child
    }
    placement.order[hole] = value
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
      for step in storage.reservedFrom...storage.reservedTo { most = max(most, placement.bytesAt[step + 1]) }
      return Int(clamping: most)
    }
  }

  // MARK: Sums over steps

  /// Bytes that are reserved at each step.
  private func sumReserved(_ count: Int) {
    clearSums()
    for index in 0..<count {
      let storage = storages[Int(placement.order[index])]
      add(storage.bytes, from: storage.reservedFrom, to: storage.reservedTo)
    }
    _ = sum()
  }

  /// The most bytes that are needed at one step. What parts of a storage hold counts from the step that computes them.
  mutating func measureLive() {
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

  private func clearSums() { placement.bytesAt.initialize(repeating: 0, count: stepCount + 3) }

  private func add(_ bytes: Int, from first: Int, to last: Int) {
    guard first <= last else { return }
    placement.bytesAt[first + 1] += Int64(bytes)
    placement.bytesAt[last + 2] -= Int64(bytes)
  }

  /// Turns differences into sums, and returns the largest.
  private func sum() -> Int64 {
    var most: Int64 = 0
    for step in 1..<(stepCount + 3) {
      placement.bytesAt[step] += placement.bytesAt[step - 1]
      most = max(most, placement.bytesAt[step])
    }
    return max(most, placement.bytesAt[0])
  }
}
