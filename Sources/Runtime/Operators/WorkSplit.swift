/// A job of `count` equal units cut into work items.
struct WorkSplit {
  let count: Int
  let unitsPerItem: Int

  init(_ count: Int, unitsPerItem: Int) {
    self.count = count
    self.unitsPerItem = unitsPerItem
  }

  /// Elements that take long enough to move, some 10 to 100 µs, to be worth an item of their own.
  static let elementsPerItem = 1 << 17

  /// Items of units that each cost as much as moving `elements` elements.
  init(_ count: Int, elements: Int, atLeast minimum: Int = 1) {
    self.init(count, unitsPerItem: max(minimum, WorkSplit.elementsPerItem / max(elements, 1)))
  }

  /// Rows of `elements` results, each of which takes a window of `taps` values.
  init(rows: Int, elements: Int, taps: Int) {
    let elementsPerItem = max(1, (1 << 20) / taps)
    self.init(rows, unitsPerItem: max(1, elementsPerItem / elements))
  }

  /// The same units in nearly equal items, as many for each thread, where they are several and not many: the others
  /// would wait for whoever has one more. Items begin at multiples of `unit`.
  func even(on threads: UnsafeMutablePointer<ThreadPool>, multipleOf unit: Int = 1) -> WorkSplit {
    let threads = threads.pointee.threads
    guard items > 1 else { return self }
    let items = WorkSplit.even(items, from: 2, threads)
    let units = (count + items - 1) / items
    return WorkSplit(count, unitsPerItem: (units + unit - 1) / unit * unit)
  }

  /// As many for each thread, where they are few, but no fewer than `fewest`.
  private static func even(_ items: Int, from fewest: Int, _ threads: Int) -> Int {
    items >= fewest && items < 8 * threads ? (items + threads - 1) / threads * threads : items
  }

  /// Nearly equal blocks of at most `largest` units, and as many for each thread where they are few, unless there are
  /// fewer than threads.
  static func blockSize(_ count: Int, largest: Int, threads: Int) -> Int {
    let blocks = even((count + largest - 1) / largest, from: threads, threads)
    return (count + blocks - 1) / blocks
  }

  var items: Int { (count + unitsPerItem - 1) / unitsPerItem }

  func range(_ item: Int) -> Range<Int> {
    (item * unitsPerItem)..<min((item + 1) * unitsPerItem, count)
  }
}
