/// The `count` classes of the largest scores, largest first; the first of equals comes first, and what is not a number
/// last.
public func topClasses(_ count: Int, of scores: [Float]) -> [Int] {
  let keys = scores.map { $0.isNaN ? -Float.infinity : $0 }
  return Array(keys.indices.sorted { (keys[$1], $0) < (keys[$0], $1) }.prefix(count))
}
