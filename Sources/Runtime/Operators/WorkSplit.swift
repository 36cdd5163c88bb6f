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
    guard items > 1, items < 8 * threads else { return self }
    let wanted = (items + threads - 1) / threads * threads
    let units = (count + wanted - 1) / wanted
    return WorkSplit(count, unitsPerItem: (units + unit - 1) / unit * unit)
  }

  /// Nearly equal blocks of at most `largest` units, and as many for each thread where they are few, unless there are
  /// fewer than threads.
  static func blockSize(_ count: Int, largest: Int, threads: Int) -> Int {
    var blocks = (count + largest - 1) / largest
    if blocks >= threads && blocks < 8 * threads { blocks = (blocks + threads - 1) / threads * threads }
    return (count + blocks - 1) / blocks
  }

  var items: Int { (count + unitsPerItem - 1) / unitsPerItem }

  func range(_ item: Int) -> Range<Int> {
    (item * unitsPerItem)..<min((item + 1) * unitsPerItem, count)
  }
}
