/// A job of `count` equal units cut into work items. The cut depends on shapes and kernels alone, never on the number of threads.
struct WorkSplit {
  let count: Int
  let unitsPerItem: Int

  init(_ count: Int, unitsPerItem: Int) {
    self.count = count
    self.unitsPerItem = unitsPerItem
  }

  /// Items of about 2¹⁵ elements, some 20 µs, where a unit costs as much as moving `elements` of them.
  init(_ count: Int, elements: Int, atLeast minimum: Int = 1) {
    self.init(count, unitsPerItem: max(minimum, (1 << 15) / max(elements, 1)))
  }

  /// Rows of `elements` results, each of which takes a window of `taps` values.
  init(rows: Int, elements: Int, taps: Int) {
    let elementsPerItem = max(1, (1 << 18) / taps)
    self.init(rows, unitsPerItem: max(1, elementsPerItem / elements))
  }

  var items: Int { (count + unitsPerItem - 1) / unitsPerItem }

  func range(_ item: Int) -> Range<Int> {
    (item * unitsPerItem)..<min((item + 1) * unitsPerItem, count)
  }
}
