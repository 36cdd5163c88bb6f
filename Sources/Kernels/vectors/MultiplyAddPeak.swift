import KernelContract

/// Ten sums that don't wait for each other: more than any processor's multiply-add takes cycles times the number it
/// starts in a cycle.
func multiplyAddPeak(rounds: Int) -> Int {
  var sums = InlineArray<10, Vector>(repeating: Vector(0))
  // Nothing known at build time, so that no sum can be computed there.
  let factor = Vector(Float(rounds))
  let addend = Vector(Float(rounds &+ 1))
  for _ in 0..<rounds {
    for i in 0..<10 { sums[i] = Vector.multiplyAdd(sums[i], factor, addend) }
  }
  var total = sums[0]
  for i in 1..<10 { total = total + sums[i] }
  // Uses the sums; no number of rounds is negative.
  return rounds < 0 ? Int(total[0]) : rounds * 10 * Vector.lanes
}
