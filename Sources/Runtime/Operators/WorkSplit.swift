/// A job of `count` equal units cut into work items. The cut depends on shapes and kernels alone, never on the number of threads.
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

  var items: Int { (count + unitsPerItem - 1) / unitsPerItem }

  func range(_ item: Int) -> Range<Int> {
    (item * unitsPerItem)..<min((item + 1) * unitsPerItem, count)
  }
}
